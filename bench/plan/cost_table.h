/* Where the work of a graph is: by operation, and by level, which is the size of the images or the number of tokens. */
#ifndef SDBENCH_BENCH_PLAN_COST_TABLE_H
#define SDBENCH_BENCH_PLAN_COST_TABLE_H

#include "bench/json.h"
#include "pipeline/graph/rules.h"

struct cost_row {
    char name[32];
    int nodes;
    struct cost cost;
    int64_t positions; /* of a level: pixels or tokens; 0 where a result has neither, as a timestep's */
    bool once;         /* of a level: computed from the prompt alone */
    bool image;
};

/* Nodes that only look at storage and those of load rate do no work and are not counted. */
struct cost_table {
    struct cost_row operation[OP_COUNT]; /* by enum op */
    struct cost_row *level;              /* malloc'ed; the largest first */
    size_t levels;
    struct cost_row total;
    int64_t samples;
};
struct err cost_table_make(const struct graph *g, int64_t samples, struct cost_table *out);
void cost_table_free(struct cost_table *t);

void cost_table_print(const struct cost_table *t);
cJSON *cost_table_json(const struct cost_table *t);

#endif
