/* Who watches what plans do: a profiler attaches a watch to a thread, and all plans that this thread makes, binds and
 * runs tell it. Without one an event is a load and a comparison.
 *
 * The order of events: plan_bound, once a plan has addresses; where it is recorded, run_begin .. run_end of each stage,
 * first RUN_FIRST (on zeros, to load kernels), then RUN_RECORDED; after that the stages of each plan_begin and
 * plan_step, RUN_LAUNCHED or RUN_REPLAYED. Inside a run that is not replayed, launch_begin and launch_end of each of
 * its launches. copy_begin and copy_end around each exchange of values with the host. plan_freed at the end.
 *
 * Work on a device is only enqueued when an end is told, unless the watch wants it one by one. */
#ifndef SDBENCH_RUNTIME_WATCH_H
#define SDBENCH_RUNTIME_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct plan;

/* The two parts of a run: plan_begin's and plan_step's. */
enum stage { STAGE_RUN, STAGE_STEP, STAGE_COUNT };
extern const char *const stage_names[STAGE_COUNT];

enum run_how { RUN_LAUNCHED, RUN_FIRST, RUN_RECORDED, RUN_REPLAYED };

enum watch_what {
    WATCH_plan_bound,
    WATCH_plan_freed,
    WATCH_run_begin,
    WATCH_run_end,
    WATCH_launch_begin,
    WATCH_launch_end,
    WATCH_copy_begin,
    WATCH_copy_end,
};

struct watch_event {
    enum watch_what what;
    const struct plan *plan;
    enum stage stage; /* of a run or launch */
    enum run_how how; /* of a run or launch */
    size_t launch;    /* its index in the plan */
    size_t recorded;  /* launch_end of RUN_RECORDED: nodes that the recording has so far (backend.h) */
    uint64_t *ids;    /* of all those nodes, in no order; NULL: not known, or not wanted. The watch may change them */
    const char *name; /* of a copy: the value's */
    bool in;          /* of a copy: to where the plan computes */
    size_t bytes;     /* of a copy */
};

struct watch {
    void *context;
    void (*event)(void *context, const struct watch_event *e);
    bool wants_ids;  /* of the nodes of recordings */
    bool one_by_one; /* nothing is replayed, and each launch is waited for before its end is told */
};

/* From now on, for the calling thread; NULL: nobody. What it points to stays the caller's. The watch of before. */
const struct watch *watch_attach(const struct watch *w);

/* That of the calling thread; NULL where nobody watches. */
const struct watch *watch_attached(void);

/* Tells it, where there is one. */
void watch_tell(const struct watch_event *e);

#endif
