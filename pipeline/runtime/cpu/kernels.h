/* What the kernels of this backend share: how they are chosen. */
#ifndef SDBENCH_CPU_KERNELS_H
#define SDBENCH_CPU_KERNELS_H

#include "pipeline/runtime/backend.h"
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

/* choose_<op>: one for each operation but views, in the file that says how it is computed. Each sets all of *out; on an
 * error nothing is left to free. */
#define CHOOSE_VIEW(name)
#define CHOOSE_LOAD(name)
#define CHOOSE_PRODUCT(name)            struct err choose_##name(const struct site *s, struct kernel *out);
#define CHOOSE_NORM                     CHOOSE_PRODUCT
#define CHOOSE_ELEMENTWISE              CHOOSE_PRODUCT
#define CHOOSE_MOVE                     CHOOSE_PRODUCT
#define OP(name, kind, inputs, summary) CHOOSE_##kind(name)
#include "pipeline/graph/ops.def"
#undef OP
#undef CHOOSE_VIEW
#undef CHOOSE_LOAD
#undef CHOOSE_PRODUCT
#undef CHOOSE_NORM
#undef CHOOSE_ELEMENTWISE
#undef CHOOSE_MOVE

/* A kernel whose state is one zeroed block of `bytes`, in out->own: ended by kernel_free_block. Its name is
 * "<operation> own". */
struct err kernel_make(const struct site *s, const struct kernel_class *class, size_t bytes, struct kernel *out);
void kernel_free_block(void *own);

/* Returns `e`; ends the kernel where it is an error. */
struct err kernel_keep(struct err e, struct kernel *out);

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
