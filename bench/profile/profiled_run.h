/* The profiles that a run's records hold. */
#ifndef SDBENCH_BENCH_PROFILE_PROFILED_RUN_H
#define SDBENCH_BENCH_PROFILE_PROFILED_RUN_H

#include "bench/profile/profile.h"
#include "bench/record/read.h"

enum { MAX_PROFILES = 64 };

struct profiled_run {
    struct profile profile[MAX_PROFILES]; /* one a variant, finished */
    int profiles;
    struct records_summary summary;
};

/* `path` is a run's folder or its records.jsonl. A run without any profile is no error. */
struct err profiled_run_read(const char *path, struct profiled_run *out);
void profiled_run_free(struct profiled_run *r);

struct profile *profiled_run_find(struct profiled_run *r, const char *variant); /* NULL where it is not there */

#endif
