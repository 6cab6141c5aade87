/* Runs a small graph on a backend, as every test of operations needs it.
 *
 *     struct graph_run how = {.backend = "reference", .feed = {{"x", x}}};
 *     struct err e = graph_run(g, &how, &y, &n);
 *     ...
 *     free(y); */
#ifndef SDBENCH_TESTS_OP_RUN_GRAPH_H
#define SDBENCH_TESTS_OP_RUN_GRAPH_H

#include "pipeline/graph/graph.h"

#include <stddef.h>

/* Dense rows for an input, state or weight: float32 for float types, else int32. */
struct feed {
    const char *name;
    const void *rows;
};

struct graph_run {
    const char *backend;
    int threads;         /* 0: 1 */
    int steps;           /* 0: 1 */
    enum dtype stored;   /* how the made-up checkpoint holds its weights: f32 if not set */
    float scale, shift;  /* generated inputs are shift + scale * normal; 0 for scale means 1 */
    struct feed feed[8]; /* whatever is not fed is drawn from a normal distribution, seeded by its name */
};

/* Takes g. *out holds all outputs in order as float32, malloc'ed, *n of them. Besides running the graph it checks that
 * nothing outside the arena was written and that inputs are as they were; the arena starts as NaNs, so that reading
 * what was not written shows. */
struct err graph_run(struct graph *g, const struct graph_run *how, float **out, size_t *n);

/* count values, float32, the same for a name everywhere. */
void generate(const char *name, float *out, size_t count);

#endif
