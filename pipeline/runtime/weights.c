#include "pipeline/runtime/weights.h"

#include <stdlib.h>

/* What stands behind a chain of casts. */
static value_id uncast(const struct graph *g, value_id v)
{
    while (g->value[v].kind == VALUE_RESULT && g->node[g->value[v].producer].op == OP_cast)
        v = g->node[g->value[v].producer].input[0];
    return v;
}

static struct err own_floats(struct host_tensor *t, const char *name)
{
    t->dtype = DTYPE_f32;
    t->data = t->owned = malloc((size_t)t->count * sizeof(float) + 1);
    return t->owned ? OK : err_fail("%s: out of memory (%lld bytes)", name, (long long)t->count * 4);
}

/* The library that packs cannot read float16 fast. */
static struct err widen(struct host_tensor *t, const char *name)
{
    const int64_t chunk = 1 << 16;
    const uint16_t *half = t->data;
    TRY(own_floats(t, name));
    float *floats = t->owned;
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < t->count; i += chunk)
        dtype_to_f32(floats + i, half + i, DTYPE_f16, (size_t)(t->count - i < chunk ? t->count - i : chunk));
    return OK;
}

static struct err get_weight(const struct loader *l, const struct value *value, struct host_tensor *out)
{
    if (value->kind != VALUE_WEIGHT)
        return err_fail("%s: is not a weight", value->name);
    TRY(l->source->find(l->source->context, value->name, &out->weight));
    out->dtype = out->weight.dtype;
    out->count = out->weight.count;
    out->data = out->weight.data;
    if (out->count != shape_count(value->shape))
        return err_fail("%s: has %lld values, the model takes %lld", value->name, (long long)out->count,
                        (long long)shape_count(value->shape));
    return out->dtype == DTYPE_f16 ? widen(out, value->name) : OK;
}

/* Weights one behind the other, as float32; each was rounded through its own dtype. */
static struct err get_stack(const struct loader *l, const struct node *n, struct host_tensor *out)
{
    out->count = shape_count(node_result(l->graph, n, 0)->shape);
    TRY(own_floats(out, n->path[0]));
    float *at = out->owned;
    for (int i = 0; i < n->n_inputs; i++) {
        TRY(loader_copy_f32(l, n->input[i], at));
        at += shape_count(node_value(l->graph, n, i)->shape);
    }
    return OK;
}

/* Which of the taps a b c along an axis make the two taps of an even position (0) and of an odd one (1). */
static bool has_tap(int odd, int small, int large)
{
    return odd ? (small ? large == 2 : large < 2) : (small ? large > 0 : large == 0);
}

static void sum_taps(const float *restrict from, int rows_odd, int columns_odd, float *restrict to)
{
    for (int small = 0; small < 4; small++) {
        double sum = 0;
        for (int large = 0; large < 9; large++)
            if (has_tap(rows_odd, small / 2, large / 3) && has_tap(columns_odd, small % 2, large % 3))
                sum += (double)from[large];
        to[small] = (float)sum;
    }
}

/* Kernels of even rows and columns, then odd columns, odd rows, both. */
static struct err get_tap_sums(const struct loader *l, const struct node *n, struct host_tensor *out)
{
    const int64_t kernels = shape_count(node_value(l->graph, n, 0)->shape) / 9;
    out->count = shape_count(node_result(l->graph, n, 0)->shape);
    TRY(own_floats(out, n->path[0]));
    float *all = malloc((size_t)kernels * 9 * sizeof *all + 1), *to = out->owned;
    struct err e = all ? loader_copy_f32(l, n->input[0], all) : err_fail("%s: out of memory", n->path[0]);
    if (!e.code)
#pragma omp parallel for schedule(static)
        for (int64_t i = 0; i < kernels; i++)
            for (int phase = 0; phase < 4; phase++)
                sum_taps(all + 9 * i, phase / 2, phase % 2, to + 4 * (phase * kernels + i));
    free(all);
    return e;
}

struct err loader_get(const struct loader *l, value_id v, struct host_tensor *out)
{
    const struct value *value = &l->graph->value[uncast(l->graph, v)];
    *out = (struct host_tensor){0};
    if (value->kind != VALUE_RESULT)
        return get_weight(l, value, out);
    const struct node *n = &l->graph->node[value->producer];
    return n->op == OP_stack      ? get_stack(l, n, out)
           : n->op == OP_tap_sums ? get_tap_sums(l, n, out)
                                  : err_fail("%s: %s of weights is not computed at load", n->path[0], ops[n->op].name);
}

void loader_expect(const struct loader *l, const struct node *n)
{
    for (int i = 0; l->source->expect && i < n->n_inputs; i++) {
        if (n->input[i] == NO_VALUE || node_value(l->graph, n, i)->rate != RATE_LOAD)
            continue;
        const struct value *v = &l->graph->value[uncast(l->graph, n->input[i])];
        if (v->kind == VALUE_WEIGHT)
            l->source->expect(l->source->context, v->name);
        else
            loader_expect(l, &l->graph->node[v->producer]);
    }
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
