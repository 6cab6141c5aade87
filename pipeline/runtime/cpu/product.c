#include "pipeline/runtime/cpu/product.h"

#include <stdio.h>
#include <stdlib.h>

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

struct err refuse_reference(const struct primitive *p)
{
    if (!primitive_is_reference(p))
        return OK;
    return err_fail("oneDNN has only its reference loop (%s) for this shape and layout on this CPU, hundreds of times "
                    "too slow: a reorder or another layout is needed",
                    primitive_kernel(p));
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

static struct err load(void *own, const struct loader *loader, void *weights)
{
    const struct product *k = own;
    struct host_tensor t;
    struct err e = loader_get(loader, k->weight, &t);
    for (int i = 0; i < k->parts && !e.code; i++)
        e = pack(&k->part[i], &t, weights);
    loader_done(loader, &t);
    if (!e.code && k->bias != NO_VALUE)
        e = loader_copy_f32(loader, k->bias, (float *)((char *)weights + k->bias_at));
    return e;
}

static struct err bind(void *own, const struct binding *b)
{
    struct product *k = own;
    char *scratch = b->scratch;
    for (int i = 0; i < k->parts; i++) {
        struct product_part *part = &k->part[i];
        const char *x = (const char *)b->input[IN_X + part->source] + part->channel * (int64_t)k->element;
        primitive_set(&part->arrange, ROLE_X, x);
        primitive_set(&part->arrange, ROLE_Y, scratch + k->x_at);
        primitive_set(&part->primitive, ROLE_X, part->arrange.handle ? scratch + k->x_at : x);
        primitive_set(&part->primitive, ROLE_WEIGHTS, (char *)b->weights + part->packed_at);
        primitive_set(&part->primitive, ROLE_BIAS, (char *)b->weights + k->bias_at);
        primitive_set(&part->primitive, ROLE_Y, k->restore.handle ? scratch + k->y_at : b->output[0]);
        primitive_set(&part->primitive, ROLE_SCRATCH, scratch);
    }
    primitive_set(&k->restore, ROLE_X, scratch + k->y_at);
    primitive_set(&k->restore, ROLE_Y, b->output[0]);
    return OK;
}

static struct err run(void *own)
{
    const struct product *k = own;
    for (int i = 0; i < k->parts; i++) {
        if (k->part[i].arrange.handle)
            TRY(primitive_run(&k->part[i].arrange));
        TRY(primitive_run(&k->part[i].primitive));
    }
    return k->restore.handle ? primitive_run(&k->restore) : OK;
}

static void product_free(void *own)
{
    struct product *k = own;
    if (!k)
        return;
    for (int i = 0; i < k->parts; i++) {
        primitive_free(&k->part[i].primitive);
        primitive_free(&k->part[i].arrange);
    }
    primitive_free(&k->restore);
    free(k->part);
    free(k);
}

struct err product_make(const struct site *s, struct kernel *out)
{
    static const struct kernel_class class = {load, bind, run, product_free};
    TRY(kernel_make(s, &class, sizeof(struct product), out));
    struct product *k = out->own;
    k->weight = s->node->input[IN_WEIGHT];
    k->bias = s->node->input[IN_BIAS];
    k->element = value_size(site_input(s, IN_X));
    return OK;
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

struct err product_widen(const struct site *s, struct product *k, struct tensor *y)
{
    if (y->dtype == DTYPE_f32 || s->node->n_inputs - IN_X < 2)
        return OK;
    struct tensor wide = *y;
    wide.dtype = DTYPE_f32;
    TRY(primitive_arrange(&s->cpu->library, &wide, y, &k->restore));
    *y = wide;
    return OK;
}

/* Pieces of 128: relative errors as small as those of libraries that add up in blocks (tests/golden/README.md), for a
 * few percent of time. */
enum { LONGEST_SUM = 128, PIECE_OF = 16 };

struct err product_add_matrices(const struct site *s, struct product *k, int source, const struct tensor *x,
                                const struct tensor *w, int64_t first, const struct tensor *b, const struct tensor *y)
{
    int64_t length = x->dim[1], pieces = x->dtype == DTYPE_f32 ? (length + LONGEST_SUM - 1) / LONGEST_SUM : 1;
    int64_t each = (length + pieces - 1) / pieces;
    each = pieces > 1 ? (each + PIECE_OF - 1) / PIECE_OF * PIECE_OF : each;
    for (int64_t at = 0; at < length; at += each) {
        struct product_part *part = NULL;
        bool accumulate = k->parts > 0;
        TRY(product_add(k, source, &part));
        struct tensor piece = *x;
        part->plain = *w;
        part->plain.dim[0] = piece.dim[1] = length - at < each ? length - at : each;
        part->channel = at;
        part->first = first + at * w->stride[0];
        struct tensor packed = part->plain;
        packed.arrangement = ARRANGED_BY_LIBRARY;
        TRY(primitive_matmul(&s->cpu->library, &piece, &packed, accumulate ? NULL : b, y, accumulate,
                             &part->primitive));
    }
    return OK;
}

static size_t aligned(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

struct err product_finish(const struct site *s, struct kernel *out)
{
    struct product *k = out->own;
    size_t scratch = 0, x = 0;
    for (int i = 0; i < k->parts; i++) {
        const struct primitive *p = &k->part[i].primitive;
        TRY(kernel_keep(refuse_reference(p), out));
        k->part[i].packed_at = out->weight_bytes;
        out->weight_bytes += aligned(primitive_bytes(p, ROLE_WEIGHTS));
        scratch = primitive_bytes(p, ROLE_SCRATCH) > scratch ? primitive_bytes(p, ROLE_SCRATCH) : scratch;
        x = primitive_bytes(p, ROLE_X) > x ? primitive_bytes(p, ROLE_X) : x;
    }
    out->scratch_bytes = scratch;
    if (k->restore.handle) {
        k->x_at = aligned(scratch);
        k->y_at = k->x_at + aligned(x);
        out->scratch_bytes = k->y_at + primitive_bytes(&k->restore, ROLE_X);
    }
    k->bias_at = out->weight_bytes;
    if (k->bias != NO_VALUE)
        out->weight_bytes += aligned((size_t)shape_count(site_input(s, IN_BIAS)->shape) * sizeof(float));
    char several[16] = "";
    if (k->parts > 1)
        snprintf(several, sizeof several, "%dx ", k->parts);
    snprintf(out->name, sizeof out->name, "%s %s%s", ops[s->node->op].name, several,
             primitive_kernel(&k->part[0].primitive));
    return OK;
}
