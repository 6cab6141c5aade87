/* The protocol of `profile`: of each variant up to three processes, never one for two purposes.
 *
 *     timing    no profiler in it: a cold start, settled warm runs, the machine's peaks
 *     trace     the same runs recorded: kernels, copies, calls, with the layers that they are of
 *     metrics   the device's counters, where there are some and reading them is permitted
 *
 * What they report is recorded as it comes (bench/profile/profile.h), and kept for tables. */
#ifndef SDBENCH_BENCH_PROFILE_PROFILING_H
#define SDBENCH_BENCH_PROFILE_PROFILING_H

#include "bench/measure/measure.h"
#include "bench/profile/profile.h"

enum profile_run { PROFILE_timing, PROFILE_trace, PROFILE_metrics, PROFILE_RUNS };

struct variant_profile {
    struct profile profile;
    bool has_profile;             /* it was traced */
    char *not_done[PROFILE_RUNS]; /* why a run gave nothing; NULL where it did, or was not asked for */
    cJSON *summary;               /* what the traced process told of itself, until timing is known */
};

struct profiling {
    struct bench_result result;
    struct run_folder folder;
    struct progress progress;
    struct bench_run run;
    bool does[PROFILE_RUNS];
    int repetitions;
    struct variant_profile variant[MAX_VARIANTS]; /* beside result.variant */
    struct variant_profile *now;                  /* that is being measured */
};

/* From the options: what to run. */
struct err profiling_make(const struct options *o, struct profiling *out);

/* All of it, into the folder. */
struct err profiling_run(struct profiling *p);
void profiling_free(struct profiling *p);

/* For profile_runs.c and profiling.c: what a process of variant `v` reported, into records and p->now. */
struct err profiling_take(void *profiling, struct variant_result *v, const cJSON *reported);

/* One process of a variant. ERR_ABSENT where the machine lacks what it needs, ERR_INVALID where it is worth nothing. */
extern struct err (*const profile_runs[PROFILE_RUNS])(struct profiling *p, struct variant_result *v);

#endif
