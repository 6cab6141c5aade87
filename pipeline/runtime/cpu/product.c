#include "pipeline/runtime/cpu/product.h"

#include <stdio.h>
#include <stdlib.h>

#include "pipeline/runtime/memory.h"

struct tensor tensor_of(const struct value *v)
{
    struct tensor t = {.dtype = v->dtype, .rank = v->shape.rank};
    for (int i = 0; i < t.rank; i++) {
        t.dim[i] = v->shape.dim[i];
        t.stride[i] = v->stride[i];
    }
    return t;
}

struct tensor tensor_bias(int rank, int64_t channels)
{
    struct tensor t = {.dtype = DTYPE_f32, .rank = rank};
    for (int i = 0; i < rank; i++) {
        t.dim[i] = i == rank - 1 ? channels : 1;
        t.stride[i] = i == rank - 1 ? 1 : channels;
    }
    return t;
}

/* Packs straight from the checkpoint: conversion to the primitive's dtype is part of the copy. */
static struct err pack(const struct product_part *part, const struct host_tensor *weights, char *to)
{
    struct tensor from = part->plain;
    struct primitive copy;
    from.dtype = weights->dtype;
    TRY(primitive_pack(&part->primitive, &from, &copy));
    void *scratch = malloc(primitive_bytes(&copy, ROLE_SCRATCH) + 64);
    primitive_set(&copy, ROLE_X, (const char *)weights->data + part->first * (int64_t)dtypes[from.dtype].bytes);
    primitive_set(&copy, ROLE_Y, to + part->packed_at);
    primitive_set(&copy, ROLE_SCRATCH, scratch);
    struct err e = scratch ? refuse_reference(&copy) : err_fail("out of memory");
    if (!e.code)
        e = primitive_run(&copy);
    primitive_free(&copy);
    free(scratch);
    return e;
}

struct err product_pack(const struct product *k, const struct loader *loader, const struct host_tensor *weight,
                        void *weights)
{
    for (int i = 0; i < k->parts; i++)
        TRY(pack(&k->part[i], weight, weights));
    return k->bias_loaded ? loader_copy_f32(loader, k->bias, (float *)((char *)weights + k->bias_at)) : OK;
}

static struct err load(void *own, const struct loader *loader, void *weights)
{
    const struct product *k = own;
    struct host_tensor t;
    struct err e = loader_get(loader, k->weight, &t);
    if (!e.code)
        e = product_pack(k, loader, &t, weights);
    loader_done(loader, &t);
    return e;
}

struct err product_bind(void *own, const struct binding *b)
{
    struct product *k = own;
    struct finish *f = &k->finish;
    char *scratch = b->scratch;
    const void *residual = k->residual ? b->input[k->residual] : NULL;
    const float *bias = k->bias_loaded ? (const void *)((char *)b->weights + k->bias_at) : b->input[IN_BIAS];
    for (int i = 0; i < k->parts; i++) {
        struct product_part *part = &k->part[i];
        const char *x = (const char *)b->input[IN_X + part->source] + part->channel * (int64_t)k->element;
        void *y = part->to_factor ? scratch + k->factor_at : f->needed ? scratch + k->sums_at : b->output[0];
        primitive_set(&part->arrange, ROLE_X, x);
        primitive_set(&part->arrange, ROLE_Y, scratch + k->x_at);
        primitive_set(&part->primitive, ROLE_X, part->arrange.handle ? scratch + k->x_at : x);
        primitive_set(&part->primitive, ROLE_WEIGHTS, (char *)b->weights + part->packed_at);
        primitive_set(&part->primitive, ROLE_BIAS, bias ? bias + part->bias : NULL);
        primitive_set(&part->primitive, ROLE_Y, y);
        primitive_set(&part->primitive, ROLE_OTHER, k->residual ? residual : scratch + k->factor_at);
        primitive_set(&part->primitive, ROLE_SCRATCH, scratch);
    }
    f->sums = (const void *)(scratch + k->sums_at);
    f->factor = (const void *)(scratch + k->factor_at);
    f->residual = residual;
    f->result = b->output[0];
    return OK;
}

struct err product_run(void *own)
{
    const struct product *k = own;
    for (int i = 0; i < k->parts; i++) {
        if (k->part[i].arrange.handle)
            TRY(primitive_run(&k->part[i].arrange));
        TRY(primitive_run(&k->part[i].primitive));
    }
    if (k->finish.needed)
        finish_run(&k->finish);
    return OK;
}

void product_clear(struct product *k)
{
    for (int i = 0; i < k->parts; i++) {
        primitive_free(&k->part[i].primitive);
        primitive_free(&k->part[i].arrange);
    }
    free(k->part);
    k->part = NULL;
    k->parts = 0;
    k->finish = (struct finish){0};
}

static void product_free(void *own)
{
    if (own)
        product_clear(own);
    free(own);
}

struct err product_make(const struct site *s, struct kernel *out)
{
    static const struct kernel_class class = {load, product_bind, product_run, product_free};
    TRY(kernel_make(s->node, &class, sizeof(struct product), out));
    product_begin(s, out->own);
    return OK;
}

void product_begin(const struct site *s, struct product *k)
{
    k->weight = s->node->input[IN_WEIGHT];
    k->bias = s->node->input[IN_BIAS];
    k->bias_loaded = k->bias != NO_VALUE && site_input(s, IN_BIAS)->rate == RATE_LOAD;
    k->element = value_size(site_input(s, IN_X));
    k->residual = s->node->params.residual ? s->node->n_inputs - 1 : 0;
}

struct err product_add(struct product *k, int source, struct product_part **out)
{
    struct product_part *more = realloc(k->part, ((size_t)k->parts + 1) * sizeof *more);
    if (!more)
        return err_fail("out of memory");
    k->part = more;
    *out = &k->part[k->parts++];
    **out = (struct product_part){.source = source};
    return OK;
}

/* Pieces of 128: relative errors as small as those of libraries that add up in blocks (tests/golden/README.md), for a
 * few percent of time. */
enum { LONGEST_SUM = 128, PIECE_OF = 16 };

struct err product_add_matrices(const struct site *s, struct product *k, const struct matrices *m)
{
    int64_t length = m->x.dim[1], pieces = m->x.dtype == DTYPE_f32 ? (length + LONGEST_SUM - 1) / LONGEST_SUM : 1;
    int64_t each = (length + pieces - 1) / pieces;
    each = pieces > 1 ? (each + PIECE_OF - 1) / PIECE_OF * PIECE_OF : each;
    const struct tensor bias = tensor_bias(2, m->w.dim[1]);
    for (int64_t at = 0; at < length; at += each) {
        struct product_part *part = NULL;
        TRY(product_add(k, m->source, &part));
        struct tensor piece = m->x;
        part->plain = m->w;
        part->plain.dim[0] = piece.dim[1] = length - at < each ? length - at : each;
        part->channel = at;
        part->first = m->first + at * m->w.stride[0];
        part->bias = m->bias;
        part->to_factor = m->to_factor;
        struct tensor packed = part->plain;
        packed.arrangement = ARRANGED_BY_LIBRARY;
        struct epilogue e = at + each >= length ? m->epilogue : (struct epilogue){0};
        e.accumulate = m->accumulate || at > 0;
        TRY(primitive_matmul(&s->cpu->library, &piece, &packed, m->has_bias && !e.accumulate ? &bias : NULL, &m->y, &e,
                             &part->primitive));
    }
    return OK;
}

bool product_is_real(const struct product *k)
{
    for (int i = 0; i < k->parts; i++)
        if (primitive_is_reference(&k->part[i].primitive))
            return false;
    return true;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

struct err product_place(const struct site *s, struct product *k)
{
    size_t scratch = 0, x = 0, factor = 0;
    for (int i = 0; i < k->parts; i++) {
        struct product_part *part = &k->part[i];
        const struct primitive *p = &part->primitive;
        TRY(refuse_reference(p));
        part->packed_at = k->weight_bytes;
        k->weight_bytes += memory_aligned(primitive_bytes(p, ROLE_WEIGHTS));
        scratch = larger(scratch, primitive_bytes(p, ROLE_SCRATCH));
        x = part->arrange.handle ? larger(x, primitive_bytes(p, ROLE_X)) : x;
        factor = part->to_factor ? primitive_bytes(p, ROLE_Y) : factor;
    }
    k->x_at = memory_aligned(scratch);
    k->factor_at = k->x_at + memory_aligned(x);
    k->sums_at = k->factor_at + memory_aligned(factor);
    k->scratch_bytes = k->sums_at + (k->finish.needed ? finish_bytes(&k->finish) : 0);
    k->bias_at = k->weight_bytes;
    if (k->bias_loaded)
        k->weight_bytes += memory_aligned((size_t)shape_count(site_input(s, IN_BIAS)->shape) * sizeof(float));
    return OK;
}

struct err product_finish(const struct site *s, struct kernel *out)
{
    struct product *k = out->own;
    TRY(product_place(s, k));
    out->weight_bytes = k->weight_bytes;
    out->scratch_bytes = k->scratch_bytes;
    char several[16] = "";
    if (k->parts > 1)
        snprintf(several, sizeof several, "%dx ", k->parts);
    snprintf(out->name, sizeof out->name, "%s %s%s%s", ops[s->node->op].name, several,
             primitive_kernel(&k->part[0].primitive), k->finish.needed ? " + own" : "");
    return OK;
}

bool is_dense_image(const struct value *v)
{
    const int64_t *d = v->shape.dim, *s = v->stride;
    return s[1] == 1 && s[3] == d[1] && s[2] == d[3] * d[1] && (d[0] == 1 || s[0] == d[2] * d[3] * d[1]);
}

/* Images that lie channels last: their pixels are the rows. */
static struct err image_matrix(const struct value *v, const char *what, struct tensor *out)
{
    const int64_t *d = v->shape.dim;
    if (!is_dense_image(v))
        return err_fail("%s is not dense, channels last: a reorder is missing", what);
    *out = (struct tensor){.dtype = v->dtype, .rank = 2, .dim = {d[0] * d[2] * d[3], d[1]}, .stride = {d[1], 1}};
    return OK;
}

struct err tensor_matrix(const struct value *v, const char *what, struct tensor *out)
{
    int last = v->shape.rank - 1;
    if (v->shape.rank == MAX_RANK)
        return image_matrix(v, what, out);
    *out = (struct tensor){.dtype = v->dtype, .rank = 2, .dim = {1, v->shape.dim[last]}};
    int64_t step = v->shape.dim[last]; /* of rows; that of one row does not matter */
    for (int i = last - 1; i >= 0; i--) {
        if (v->shape.dim[i] == 1)
            continue;
        if (out->dim[0] == 1)
            step = v->stride[i];
        else if (v->stride[i] != out->dim[0] * step)
            return err_fail("the rows of %s are not evenly spaced in memory: a reorder is missing", what);
        out->dim[0] *= v->shape.dim[i];
    }
    if (v->stride[last] != 1 && v->shape.dim[last] > 1)
        return err_fail("the rows of %s are not contiguous in memory: a reorder is missing", what);
    out->stride[0] = step;
    out->stride[1] = 1;
    return OK;
}
