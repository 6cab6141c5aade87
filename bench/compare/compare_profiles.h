/* `compare` on two runs of `profile`: kernels, not only times. Advisory: the runs did not take turns. */
#ifndef SDBENCH_BENCH_COMPARE_COMPARE_PROFILES_H
#define SDBENCH_BENCH_COMPARE_COMPARE_PROFILES_H

#include "bench/options.h"
#include "pipeline/base/text.h"

/* A run, or a variant of it; variant may be NULL: each with its namesake in the other run. */
struct compared_run {
    const char *path, *variant;
};

/* The runs did the same job on the same machine. Prints, with `notes` first, and ends with the worst verdict: as
 * `compare` does. Variants that were named and differ are compared layer by layer. */
struct err compare_profiles(const struct options *o, struct compared_run base, struct compared_run new,
                            const struct text *notes);

#endif
