/* What the kernels of this backend share: how they are chosen. */
#ifndef SDBENCH_CPU_KERNELS_H
#define SDBENCH_CPU_KERNELS_H

#include "pipeline/runtime/choose.h"
#include "pipeline/runtime/cpu/onednn.h"

/* The backend's state. */
struct cpu {
    struct backend_options options;
    struct onednn library;
};

/* A node for which a kernel is wanted. */
struct site {
    const struct cpu *cpu;
    const struct graph *graph;
    const struct node *node;
};

/* The value behind an input or the result, and whether it is computed at load: then its kernel packs it. */
static inline const struct value *site_input(const struct site *s, int input)
{
    return node_value(s->graph, s->node, input);
}

static inline const struct value *site_result(const struct site *s)
{
    return node_result(s->graph, s->node, 0);
}

static inline size_t value_size(const struct value *v)
{
    return dtypes[v->dtype].bytes;
}

/* Work below this many elements is not worth waking threads for. */
enum { PARALLEL_FROM = 1 << 15 };

#endif
