/* Choosing among implementations of one operation by timing them. Knows nothing of CUDA: what is timed, and the clock,
 * are the caller's, so that tests use made-up times.
 *
 * The first candidate is the heuristic's; where it does not run, the next one that does. Each other one is warmed once
 * and compared with it in two passes in which the two alternate, first-other and other-first, so that a clock that
 * drifts favours each once; one that is clearly slower is abandoned after one run. A candidate takes the first one's
 * place only if it is at least TUNE_MARGIN faster in both passes. Among several such the fastest wins, and among those
 * that are within TUNE_MARGIN of each other the earlier in the list: a choice should not change from one run to the
 * next. */
#ifndef SDBENCH_CUDA_CHOICE_TUNE_H
#define SDBENCH_CUDA_CHOICE_TUNE_H

#include <stdbool.h>
#include <stdint.h>

#include "pipeline/base/error.h"

#define TUNE_MARGIN 0.03

struct tune_job {
    void *context;
    int candidates;
    /* Slow to make: at most TUNE_COMPILED of these are tried, and more only while nothing ran. NULL: none is. */
    bool (*compiles)(void *context, int candidate);
    /* Makes the candidate ready, on the first call, and runs it `runs` times; the time of all runs, without the making.
     * An error takes the candidate out, but ends the tuning where the candidate is the first one and ran before;
     * ERR_CANCELLED ends it always. */
    struct err (*time)(void *context, int candidate, int runs, int64_t *ns);
    int64_t (*now)(void *context); /* NULL: no deadline */
    int64_t deadline;              /* on that clock: nothing new is begun after it, unless nothing ran yet */
};
enum { TUNE_COMPILED = 2 };

struct tune_result {
    int chosen; /* a candidate that ran */
    int tried, failed, untried;
    int64_t first_ns, chosen_ns; /* of one run, in the same pass; 0 where nothing was compared */
};

/* Fails where no candidate runs, with the first one's reason. */
struct err tune(const struct tune_job *job, struct tune_result *out);

#endif
