/* Functions of libraries that are opened at run time: CUPTI's, and those of NVIDIA's driver. Timed runs never have
 * CUPTI in their process. */
#ifndef SDBENCH_CUPTI_LIBRARY_H
#define SDBENCH_CUPTI_LIBRARY_H

#include <cupti.h>
#include <stdbool.h>
#include <stddef.h>

#include "pipeline/base/error.h"
#include "pipeline/base/text.h"

/* A library is something that finds a symbol: dlsym, or a test's own. */
struct library {
    const char *name;
    void *handle;
    void *(*find)(void *handle, const char *symbol);
};

struct library_slot {
    const char *symbol;
    void *to;      /* a function pointer's address */
    bool optional; /* NULL where the library has none */
};

/* ERR_ABSENT where one is missing: the library is too old. */
struct err library_take(const struct library *l, const struct library_slot *slot, size_t slots);

/* CUPTI of the toolkit that this was built with; it stays loaded, since it cannot be unloaded safely. `counters`: with
 * its other half, which it opens by its bare name, and which takes a tenth of a second. ERR_ABSENT where it is not
 * found. */
struct err library_cupti(bool counters, struct library *out);

/* libcuda.so.1; ERR_ABSENT, quickly, where there is no driver. */
struct err library_driver(struct library *out);

/* ERR_ABSENT where CUPTI does not say which version it is, or is older than the header. */
struct err library_cupti_version(__typeof__(cuptiGetVersion) *ask, uint32_t *version);

/* "CUPTI 13.0.1 (built for 12.4.0)" of 130001; "API 22" where a version is no such number. */
void cupti_describe_version(uint32_t version, struct text *out);

#endif
