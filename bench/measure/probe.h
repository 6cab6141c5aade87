/* A look at what a variant would run on, by a process of its own: this one opens no backend, so that it holds no
 * device and maps no library whose state a cold start is measured in. */
#ifndef SDBENCH_BENCH_MEASURE_PROBE_H
#define SDBENCH_BENCH_MEASURE_PROBE_H

#include "bench/measure/child.h"
#include "bench/measure/job.h"
#include "bench/state/files.h"
#include "pipeline/runtime/backend.h"

struct probe {
    char backend[32];
    bool computes, synthetic, keeps_plans, has_device;
    char device_bus[DEVICE_BUS_TEXT]; /* "" where it is not known */
    struct file_list mapped;          /* files that it mapped with its backend open, sorted */
};

/* By this program, where `program` is NULL. The error of opening it, where it cannot run here. *out is to be freed
 * (file_list_free) even then. */
struct err probe_variant(const struct job *job, const char *program, const char *variant, struct progress *progress,
                         struct probe *out);

/* Puts what was seen into the job. */
void probe_tell(const struct probe *p, struct job *job);

/* Whether a GPU would be used: what the default workload depends on. */
bool probe_device(const struct options *o, struct progress *progress);

#endif
