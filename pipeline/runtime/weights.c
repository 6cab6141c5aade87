#include "pipeline/runtime/weights.h"

#include <stdlib.h>

value_id loader_origin(const struct graph *g, value_id v)
{
    while (g->value[v].kind == VALUE_RESULT && g->node[g->value[v].producer].op == OP_cast)
        v = g->node[g->value[v].producer].input[0];
    return v;
}

/* The spare memory where it is free, made large enough. */
static void *take_memory(struct loader_spare *s, size_t bytes)
{
    if (s->taken)
        return malloc(bytes);
    if (s->bytes < bytes) {
        free(s->memory);
        s->memory = malloc(bytes);
        s->bytes = s->memory ? bytes : 0;
    }
    s->taken = s->memory != NULL;
    return s->memory;
}

static void give_memory(struct loader_spare *s, void *memory)
{
    if (memory && memory == s->memory)
        s->taken = false;
    else
        free(memory);
}

void loader_end(struct loader_spare *spare)
{
    free(spare->memory);
    *spare = (struct loader_spare){0};
}

static struct err own_floats(const struct loader *l, struct host_tensor *t, const char *name)
{
    t->dtype = DTYPE_f32;
    t->data = t->owned = take_memory(l->spare, (size_t)t->count * sizeof(float) + 1);
    return t->owned ? OK : err_fail("%s: out of memory (%lld bytes)", name, (long long)t->count * 4);
}

/* The library that packs cannot read float16 fast. */
static struct err widen(const struct loader *l, struct host_tensor *t, const char *name)
{
    const int64_t chunk = 1 << 16;
    const uint16_t *half = t->data;
    TRY(own_floats(l, t, name));
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
    return OK;
}

/* Weights one behind the other, as float32; each was rounded through its own dtype. */
static struct err get_stack(const struct loader *l, const struct node *n, struct host_tensor *out)
{
    out->count = shape_count(node_result(l->graph, n, 0)->shape);
    TRY(own_floats(l, out, n->path[0]));
    float *at = out->owned;
    for (int i = 0; i < n->n_inputs; i++) {
        TRY(loader_copy_f32(l, n->input[i], at));
        at += shape_count(node_value(l->graph, n, i)->shape);
    }
    return OK;
}

/* Along an axis, taps a b c make the two taps of even positions, a and b + c, and of odd ones, a + b and c. First
 * across, then down; to[phase]: the two taps of two rows. */
static void sum_taps(const float kernel[9], double to[4][4])
{
    double across[3][4];
    for (int row = 0; row < 3; row++) {
        const double a = (double)kernel[3 * row], b = (double)kernel[3 * row + 1], c = (double)kernel[3 * row + 2];
        across[row][0] = a;
        across[row][1] = b + c;
        across[row][2] = a + b;
        across[row][3] = c;
    }
    for (int i = 0; i < 4; i++) {
        const double a = across[0][i], b = across[1][i], c = across[2][i];
        const int odd = i / 2, tap = i % 2;
        to[odd][tap] = a;
        to[odd][2 + tap] = b + c;
        to[2 + odd][tap] = a + b;
        to[2 + odd][2 + tap] = c;
    }
}

/* Kernels of even rows and columns, then odd columns, odd rows, both. */
static struct err get_tap_sums(const struct loader *l, const struct node *n, struct host_tensor *out)
{
    const int64_t kernels = shape_count(node_value(l->graph, n, 0)->shape) / 9;
    struct host_tensor all;
    out->count = shape_count(node_result(l->graph, n, 0)->shape);
    TRY(own_floats(l, out, n->path[0]));
    float *to = out->owned;
    struct err e = loader_get(l, n->input[0], &all);
    if (!e.code)
#pragma omp parallel for schedule(static)
        for (int64_t i = 0; i < kernels; i++) {
            float kernel[9];
            dtype_to_f32(kernel, (const char *)all.data + 9 * i * (int64_t)dtypes[all.dtype].bytes, all.dtype, 9);
            double sums[4][4];
            sum_taps(kernel, sums);
            for (int phase = 0; phase < 4; phase++)
                for (int tap = 0; tap < 4; tap++)
                    to[4 * (phase * kernels + i) + tap] = (float)sums[phase][tap];
        }
    loader_done(l, &all);
    return e;
}

struct err loader_get_stored(const struct loader *l, value_id v, struct host_tensor *out)
{
    const struct value *value = &l->graph->value[loader_origin(l->graph, v)];
    *out = (struct host_tensor){0};
    if (value->kind != VALUE_RESULT)
        return get_weight(l, value, out);
    const struct node *n = &l->graph->node[value->producer];
    return n->op == OP_stack      ? get_stack(l, n, out)
           : n->op == OP_tap_sums ? get_tap_sums(l, n, out)
                                  : err_fail("%s: %s of weights is not computed at load", n->path[0], ops[n->op].name);
}

struct err loader_get(const struct loader *l, value_id v, struct host_tensor *out)
{
    TRY(loader_get_stored(l, v, out));
    return out->dtype == DTYPE_f16 ? widen(l, out, l->graph->value[loader_origin(l->graph, v)].name) : OK;
}

void loader_expect(const struct loader *l, const struct node *n)
{
    for (int i = 0; l->source->expect && i < n->n_inputs; i++) {
        if (n->input[i] == NO_VALUE || node_value(l->graph, n, i)->rate != RATE_LOAD)
            continue;
        const struct value *v = &l->graph->value[loader_origin(l->graph, n->input[i])];
        if (v->kind == VALUE_WEIGHT)
            l->source->expect(l->source->context, v->name);
        else
            loader_expect(l, &l->graph->node[v->producer]);
    }
}

void loader_done(const struct loader *l, struct host_tensor *t)
{
    give_memory(l->spare, t->owned);
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
