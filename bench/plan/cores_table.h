/* How many of the cores each launch of a plan keeps busy: measured, by running it with one thread and with all. */
#ifndef SDBENCH_BENCH_PLAN_CORES_TABLE_H
#define SDBENCH_BENCH_PLAN_CORES_TABLE_H

#include "bench/json.h"
#include "bench/plan/subject.h"

struct cores_row {
    char *kernel, *path;
    bool once;                /* once a prompt, not in every step */
    int64_t one_ns, all_ns;   /* the shortest of a few runs */
    double share;             /* of the cores: one / (threads x all), at most 1 */
    double flop;              /* of products */
};

struct cores_table {
    char *variant, *backend; /* the backend's own line */
    int threads;
    size_t count;
    struct cores_row *row, total; /* total: of what runs in every step; no strings */
};

/* Weights are made up: no checkpoint is needed, and speed does not depend on values. */
struct err cores_table_make(const struct options *o, const struct graph_row *graph, const struct subject *s,
                            struct cores_table *out);
void cores_table_print(const struct cores_table *t, const char *graph);
cJSON *cores_table_json(const struct cores_table *t);
void cores_table_free(struct cores_table *t);

#endif
