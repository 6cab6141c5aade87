/* Inside a plan: shared by plan.c (making), plan_exchange.c (host values) and plan_run.c (running). */
#ifndef SDBENCH_RUNTIME_PLAN_PRIVATE_H
#define SDBENCH_RUNTIME_PLAN_PRIVATE_H

#include "pipeline/runtime/memory.h"
#include "pipeline/runtime/plan.h"

struct launch {
    node_id node;
    enum stage stage;
    struct kernel kernel;
    size_t weights_at; /* in the weight memory */
};

struct plan {
    struct graph *graph;
    const struct backend *backend;
    void *state;
    struct launch *launch;
    size_t launches;
    struct span *span; /* one a value; bytes 0 where it has no storage of its own in the arena */
    struct plan_memory memory;
    char *arena;                  /* the caller's */
    char *weights;                /* ours */
    void *recording[STAGE_COUNT]; /* the backend's; NULL: the stage runs launch by launch */
};

/* Bound, where the graph says so and the backend can: runs and records each stage. */
struct err plan_record(struct plan *p);
void plan_forget(struct plan *p);

#endif
