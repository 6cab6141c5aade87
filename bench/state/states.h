/* The states in which a start is timed, as a table (states.def). */
#ifndef SDBENCH_BENCH_STATE_STATES_H
#define SDBENCH_BENCH_STATE_STATES_H

#include "pipeline/base/error.h"

#include <stdbool.h>

enum state_disk { DISK_ANY, DISK_EVICTED, DISK_RESIDENT }; /* weights, and the libraries of the backend */
enum state_plans { PLANS_ANY, PLANS_ABSENT, PLANS_PRESENT };
enum state_jit { JIT_ANY, JIT_EMPTY, JIT_WARM };

enum state_id {
#define STATE(name, ...) STATE_##name,
#include "bench/state/states.def"
#undef STATE
    STATE_COUNT
};

struct state_row {
    const char *name, *title, *answers;
    enum state_disk disk;
    enum state_plans plans;
    enum state_jit jit;
    bool live;  /* inside a process that has run before; else in one of its own */
    bool cold;  /* ends with a picture on disk */
    int idle_s; /* that this process did nothing before */
};

extern const struct state_row state_rows[]; /* by enum state_id; the last has no name */

/* An unknown name is an error that says which there are. */
struct err state_find(const char *name, const struct state_row **out);

#endif
