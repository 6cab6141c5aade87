/* What `doctor` finds: lines in sections, printed as text or as JSON. */
#ifndef SDBENCH_BENCH_DOCTOR_FINDINGS_H
#define SDBENCH_BENCH_DOCTOR_FINDINGS_H

#include "bench/options.h"
#include "pipeline/base/arena.h"
#include "pipeline/base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct finding {
    const char *section, *name;
    bool good; /* false: something cannot be done, and the text says why and what to do */
    char *text;
    struct finding *next;
};

struct findings {
    struct finding *first, *last;
    struct arena arena;
};

/* section and name must outlive the findings; add them section by section. */
__attribute__((format(printf, 5, 6))) void findings_add(struct findings *f, const char *section, const char *name,
                                                        bool good, const char *format, ...);
void findings_free(struct findings *f);

void findings_print(const struct findings *f);
struct err findings_print_json(const struct findings *f);

/* CPU, memory, the cache's folder and disk. */
void doctor_machine(struct findings *f);

/* What can be read while something is measured (profiler/sensors), and why not the rest: of the processors, and of a
 * GPU by its PCI bus id, "" where that is not known. */
void doctor_sensors_host(struct findings *f);
void doctor_sensors_gpu(struct findings *f, const char *bus);

/* Whether CUPTI can trace the device of the context that is open, and whether its counters may be read. */
void doctor_trace(struct findings *f);
void doctor_metrics(struct findings *f);

/* Each backend, its device, and which variants run on it; returns how many backends can compute here. */
int doctor_backends(struct findings *f, const struct options *o);

#endif
