/* What roofs are measured with: graphs of one kind of operation, as simple as they can be for a backend. */
#ifndef SDBENCH_PROFILER_ROOF_PROBLEMS_H
#define SDBENCH_PROFILER_ROOF_PROBLEMS_H

#include "pipeline/graph/graph.h"

/* One size of one kind. A product does more FLOP than the one of its kind before it. */
struct problem {
    const struct problem_kind *kind;
    int64_t size[3];
};

struct problem_kind {
    const char *name;
    bool is_product;
    /* dtype is that of what it reads, weights included, and of what it makes. */
    struct graph *(*make)(const int64_t size[3], enum dtype dtype);
};

/* linear: (rows, inner) times (inner, columns). conv: of images whose result has `side` rows and columns, 3x3, over
 * channels to as many: {images, side, channels}. No padding, whose taps would be counted, but need not be computed. */
extern const struct problem product_problems[];
extern const int product_problem_count;

/* Two ways in which values stream: through arithmetic, and as they are. {elements, links}: a chain of so many nodes,
 * so that on a device the next one begins when one ends. */
extern const struct problem_kind copy_kinds[];
extern const int copy_kind_count;

/* "linear 1024x1024x1024" */
void problem_print(const struct problem *p, char *out, size_t size);

#endif
