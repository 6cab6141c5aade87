/* Choosing among implementations of one operation by timing them. Knows nothing of CUDA: what is timed, and the clock, are the
 * caller's, so that tests use made-up times.
 *
 * The first candidate is the heuristic's. Each other one is warmed once and timed; one that is clearly slower is abandoned
 * after one run. A candidate takes the first one's place only if it is at least TUNE_MARGIN faster in both of two passes in
 * which the two alternate; among equals the earlier in the list wins. */
#ifndef SDBENCH_CUDA_CHOICE_TUNE_H
#define SDBENCH_CUDA_CHOICE_TUNE_H

#include <stdbool.h>
#include <stdint.h>

#include "pipeline/base/error.h"

#define TUNE_MARGIN 0.03

struct tune_job {
    void *context;
    int candidates;
    bool (*compiles)(void *context, int candidate);  /* slow to make: at most TUNE_COMPILED of these are tried */
    /* Makes the candidate ready, on the first call, and runs it `runs` times; the time of all runs. An error takes the
     * candidate out; ERR_CANCELLED ends the tuning. */
    struct err (*time)(void *context, int candidate, int runs, int64_t *ns);
    int64_t (*now)(void *context);
    int64_t deadline; /* on that clock: nothing new is begun after it */
};
enum { TUNE_COMPILED = 2 };

struct tune_result {
    int chosen; /* a candidate that ran */
    int tried, failed, untried;
    int64_t first_ns, chosen_ns; /* of one run; 0 where only one was there to be run */
};

/* Fails where no candidate runs, with the first one's reason. */
struct err tune(const struct tune_job *job, struct tune_result *out);

#endif
