/* How long a graph's step takes on an open backend, at best. */
#ifndef SDBENCH_PROFILER_ROOF_STOPWATCH_H
#define SDBENCH_PROFILER_ROOF_STOPWATCH_H

#include "pipeline/graph/rules.h"
#include "pipeline/runtime/backend.h"

struct timing {
    int64_t ns;       /* of a step: the shortest of several */
    struct cost cost; /* of a step */
    char kernel[128]; /* of its first launch */
    bool fits;        /* false: it needs more than half of the memory that is free, and was not run */
};

/* Plans, loads with random numbers, and runs a graph, which it takes; steps are repeated for about so long. */
struct err graph_time(struct graph *g, const struct backend *b, void *state, int64_t for_ns, struct timing *out);

#endif
