/* A plan: a graph for a backend, with every choice made. A run walks its launches.
 *
 *     struct plan *p;
 *     TRY(plan_make(graph, backend, state, &p));            // owns the graph; kernels chosen, memory planned
 *     TRY(plan_load(p, &source, NULL, NULL));               // weights packed
 *     TRY(plan_bind(p, arena));                             // plan_memory(p).arena bytes, shared between plans
 *     TRY(plan_write(p, "latent", latent));
 *     TRY(plan_begin(p));                                   // run-rate launches
 *     for (...) TRY(plan_step(p));                          // the rest
 *     TRY(plan_read(p, "latent", latent)); */
#ifndef SDBENCH_RUNTIME_PLAN_H
#define SDBENCH_RUNTIME_PLAN_H

#include "pipeline/runtime/backend.h"
#include "pipeline/runtime/watch.h"

struct plan;

/* Takes g (frees it, on error too). Fails where the backend has no kernel for a node. */
struct err plan_make(struct graph *g, const struct backend *b, void *state, struct plan **out);
void plan_free(struct plan *p);

struct plan_memory {
    size_t arena;       /* activations, inputs, states and scratch, from first and last use */
    size_t activations; /* the same with nothing shared */
    size_t weights;     /* packed */
    size_t scratch;     /* part of arena */
};
struct plan_memory plan_memory(const struct plan *p);

/* progress(context, done, total) counts launches that have weights; may be NULL. */
struct err plan_load(struct plan *p, const struct weight_source *source, void (*progress)(void *, size_t, size_t),
                     void *context);

/* May be called again for another arena. Where the graph is `captured` and the backend can, each stage is run once, on
 * zeros, and recorded: plan_begin and plan_step replay it. The arena must then stay where it is. Who wants to know what
 * runs when attaches a watch (watch.h) before. */
struct err plan_bind(struct plan *p, void *arena);

/* In place of plan_load, for timing, which does not depend on values: all weights are one small number, and lie in
 * memory of their own like real ones (untouched zeros would all be one page, read from the nearest cache). */
struct err plan_load_made_up(struct plan *p);

/* Host values of an input or state, or of an output (or state): dense rows of its shape; float32 for float types,
 * int32 or uint8 otherwise. Converted to and from the value's dtype and layout. Names are the graph's. */
struct err plan_write(struct plan *p, const char *name, const void *rows);
struct err plan_read(struct plan *p, const char *name, void *rows);

/* They may only enqueue: plan_wait waits for all of it, as plan_read does, and has the error of what went wrong. */
struct err plan_begin(struct plan *p);
struct err plan_step(struct plan *p);
struct err plan_wait(struct plan *p);

size_t plan_launches(const struct plan *p);

/* Of one launch: its node, in plan_graph, its stage, and the name of its kernel. */
const struct node *plan_launch_node(const struct plan *p, size_t launch);
enum stage plan_launch_stage(const struct plan *p, size_t launch);
const char *plan_launch_kernel(const struct plan *p, size_t launch);
const struct graph *plan_graph(const struct plan *p);

/* The launches in order, with kernel, arena offset and bytes of each result. */
void plan_print(const struct plan *p, struct text *out);

/* A 64-bit hash of the kernels chosen. */
uint64_t plan_choice_hash(const struct plan *p);

#endif
