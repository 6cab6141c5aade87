#include "pipeline/runtime/cuda/ops/parameters.h"

#include "pipeline/runtime/memory.h"

int parameters_add(struct parameters *p, value_id value, enum dtype dtype, int64_t outer, int64_t middle, int64_t inner)
{
    const int index = p->count++;
    p->item[index] = (struct parameter){value, dtype, outer, middle, inner, 1, p->bytes};
    size_t bytes = (size_t)(outer * middle * inner) * dtypes[dtype].bytes;
    p->bytes += memory_aligned(bytes);
    return index;
}

/* One value, or the values of a stack, to the device. */
static struct err send(const struct parameters *p, const struct parameter *item, const struct loader *l, value_id value,
                       char *to)
{
    const struct value *v = &l->graph->value[loader_origin(l->graph, value)];
    const int64_t inside = item->middle * item->inner;
    if (v->kind == VALUE_RESULT && l->graph->node[v->producer].op == OP_stack) {
        const struct node *stack = &l->graph->node[v->producer];
        for (int i = 0; i < stack->n_inputs; i++) {
            TRY(send(p, item, l, stack->input[i], to));
            to += shape_count(node_value(l->graph, stack, i)->shape) * (int64_t)dtypes[item->dtype].bytes;
        }
        return OK;
    }
    struct host_tensor t;
    struct err e = loader_get_stored(l, value, &t);
    if (!e.code)
        e = staging_send(p->cuda->staging, t.data, t.dtype, to, item->dtype, t.count / inside, item->middle,
                         item->inner);
    loader_done(l, &t);
    return e;
}

struct err parameters_load(const struct parameters *p, const struct loader *loader, void *weights)
{
    for (int i = 0; i < p->count; i++) {
        const struct parameter *item = &p->item[i];
        const size_t bytes = (size_t)(item->outer * item->middle * item->inner) * dtypes[item->dtype].bytes;
        char *to = (char *)weights + item->at;
        for (int64_t copy = 0; copy < item->copies; copy++)
            TRY(send(p, item, loader, item->value, to + copy * (int64_t)(bytes / (size_t)item->copies)));
    }
    return OK;
}
