#include "pipeline/runtime/weights.h"

#include <stdlib.h>

/* The checkpoint tensor behind a value: itself, or what a chain of casts reads. */
static struct err weight_behind(const struct graph *g, value_id v, const struct value **weight)
{
    while (g->value[v].kind == VALUE_RESULT) {
        const struct node *n = &g->node[g->value[v].producer];
        if (n->op != OP_cast)
            return err_fail("%s: %s of weights is not computed at load", n->path[0], ops[n->op].name);
        v = n->input[0];
    }
    *weight = &g->value[v];
    if ((*weight)->kind != VALUE_WEIGHT)
        return err_fail("%s: is not a weight", (*weight)->name);
    return OK;
}

struct err loader_get(const struct loader *l, value_id v, struct host_tensor *out)
{
    const struct value *value = NULL;
    *out = (struct host_tensor){0};
    TRY(weight_behind(l->graph, v, &value));
    TRY(l->source->find(l->source->context, value->name, &out->weight));
    out->dtype = out->weight.dtype;
    out->count = out->weight.count;
    out->data = out->weight.data;
    if (out->count != shape_count(value->shape))
        return err_fail("%s: has %lld values, the model takes %lld", value->name, (long long)out->count,
                        (long long)shape_count(value->shape));
    if (out->dtype != DTYPE_f16)
        return OK;
    float *converted = malloc((size_t)out->count * sizeof *converted);
    if (!converted)
        return err_fail("%s: out of memory (%lld bytes)", value->name, (long long)out->count * 4);
    const int64_t chunk = 1 << 16;
    const uint16_t *half = out->data;
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < out->count; i += chunk)
        dtype_to_f32(converted + i, half + i, DTYPE_f16, (size_t)(out->count - i < chunk ? out->count - i : chunk));
    out->dtype = DTYPE_f32;
    out->data = out->owned = converted;
    return OK;
}

void loader_done(const struct loader *l, struct host_tensor *t)
{
    free(t->owned);
    if (t->weight.data)
        l->source->release(l->source->context, &t->weight);
    *t = (struct host_tensor){0};
}

struct err loader_copy_f32(const struct loader *l, value_id v, float *out)
{
    struct host_tensor t;
    struct err e = loader_get(l, v, &t);
    if (!e.code)
        dtype_to_f32(out, t.data, t.dtype, (size_t)t.count);
    if (!e.code && l->graph->value[v].dtype == DTYPE_bf16 && t.dtype != DTYPE_bf16)
        for (int64_t i = 0; i < t.count; i++)
            out[i] = f32_from_bf16(bf16_from_f32(out[i]));
    if (!e.code && l->graph->value[v].dtype == DTYPE_f16)
        for (int64_t i = 0; i < t.count; i++)
            out[i] = f32_from_f16(f16_from_f32(out[i]));
    loader_done(l, &t);
    return e;
}
