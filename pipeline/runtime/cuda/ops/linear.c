#include "pipeline/runtime/cuda/ops/linear.h"

#include <stdio.h>
#include <stdlib.h>

#include "pipeline/graph/place.h"
#include "pipeline/runtime/cuda/cublas/gemm.h"
#include "pipeline/runtime/cuda/ops/around.h"

struct linear {
    struct cuda *cuda;
    struct parameters parameters;
    int weight, residual; /* residual: the input that the library adds, or -1 */
    struct bias bias;
    struct gather gather;
    struct gemm *gemm;
    struct finish finish;
    bool gated, gathers, to_scratch;
    size_t product_at, workspace_at;
    struct binding at;
    struct gemm_operands operands;
};

static struct err load(void *own, const struct loader *loader, void *weights)
{
    return parameters_load(&((struct linear *)own)->parameters, loader, weights);
}

static struct err bind(void *own, const struct binding *b)
{
    struct linear *k = own;
    char *scratch = b->scratch;
    k->at = *b;
    k->operands = (struct gemm_operands){.a = k->gathers ? scratch : b->input[IN_X],
                                         .b = parameters_address(&k->parameters, k->weight, b->weights),
                                         .c = k->residual >= 0 ? b->input[k->residual] : NULL,
                                         .bias = bias_address(&k->bias, &k->parameters, b),
                                         .d = k->to_scratch ? scratch + k->product_at : b->output[0],
                                         .workspace = scratch + k->workspace_at,
                                         .alpha = 1};
    return OK;
}

static struct err run(void *own)
{
    struct linear *k = own;
    TRY(gather_run(&k->gather, k->cuda, &k->at));
    TRY(gemm_run(k->gemm, &k->operands));
    if (!k->gated)
        return finish_run(&k->finish, k->cuda, &k->at, k->operands.d);
    struct map m = k->finish.map;
    m.b.at = k->operands.d;
    m.a.at = (const char *)k->operands.d + m.a.dim[3] * (int64_t)dtypes[m.a.dtype].bytes;
    m.y.at = k->at.output[0];
    return run_map(k->cuda, &m);
}

static void linear_free(void *own)
{
    struct linear *k = own;
    if (k)
        gemm_free(k->gemm);
    free(k);
}

/* Rows of images are pixels. */
static bool rows_of(const struct value *v, int64_t *rows, int64_t *width, int64_t *pitch)
{
    if (v->shape.rank != 4)
        return value_rows(v, rows, width, pitch);
    *rows = v->shape.dim[0] * v->shape.dim[2] * v->shape.dim[3];
    *width = *pitch = v->shape.dim[1];
    return v->layout == LAYOUT_channels_last && value_is_dense(v);
}

/* The residual as the library's C: of the product's type, in rows. An activation comes before it, so then it is not. */
static void add_residual(const struct site *s, struct linear *k, struct gemm_problem *p)
{
    const int last = s->node->n_inputs - 1;
    int64_t rows, width;
    k->residual = -1;
    if (!s->node->params.residual || s->node->params.activation || site_input(s, last)->dtype != p->write ||
        !rows_of(site_input(s, last), &rows, &width, &p->c.pitch))
        return;
    k->residual = last;
    p->adds = true;
}

/* GEGLU: the first half of the columns times the activation of the second. */
static struct finish gate(const struct site *s, enum dtype made, int64_t rows, int64_t columns)
{
    const int64_t half = columns / 2;
    struct view both = view_dense(made, 1, 1, rows, half);
    both.stride[2] = columns;
    return (struct finish){.wanted = true,
                           .residual = -1,
                           .map = {.a = both,
                                   .b = both,
                                   .y = view_dense(site_result(s)->dtype, 1, 1, rows, half),
                                   .activation = activation_of(s->node->params.activation),
                                   .join = JOIN_mul,
                                   .factor = 1}};
}

static struct err plan(const struct site *s, struct linear *k, size_t *scratch)
{
    const struct value *y = site_result(s), *w = site_input(s, IN_WEIGHT);
    const enum dtype read = w->dtype;
    const int64_t columns = w->shape.dim[0], inner = shape_count(w->shape) / columns;
    struct gemm_problem p = {.n = columns,
                             .k = inner,
                             .batch = 1,
                             .b_rows = true,
                             .read = read,
                             .write = k->gated ? read : y->dtype,
                             .b = {inner, 0},
                             .numerics = site_numerics(s, read)};
    int64_t rows, width;
    *scratch = memory_aligned(gather_sources(&k->gather, s, read, 0));
    k->gathers = *scratch > 0;
    k->bias = bias_make(s, &k->parameters, &k->gather, p.write, scratch);
    if (!rows_of(y, &p.m, &width, &p.d.pitch) || (k->gated && p.d.pitch != width))
        return err_fail("writes rows that lie an even distance apart: a reorder is missing");
    if (k->gathers)
        p.a.pitch = inner;
    else if (!rows_of(site_input(s, IN_X), &rows, &width, &p.a.pitch))
        return err_fail("reads rows that lie an even distance apart: a reorder is missing");
    k->weight = parameters_add(&k->parameters, s->node->input[IN_WEIGHT], read, columns * inner, 1, 1);
    p.bias = s->node->input[IN_BIAS] != NO_VALUE;
    add_residual(s, k, &p);
    k->finish = k->gated ? gate(s, read, p.m, columns) : finish_make(s, p.write, p.adds);
    k->to_scratch = k->gated;
    k->product_at = *scratch;
    if (k->gated) {
        p.d.pitch = columns;
        *scratch += memory_aligned((size_t)(p.m * columns) * dtypes[read].bytes);
    }
    k->workspace_at = *scratch;
    TRY(gemm_make(s->cuda, &p, &k->gemm));
    *scratch += gemm_workspace(k->gemm);
    return OK;
}

struct err choose_rows_product(const struct site *s, struct kernel *out)
{
    static const struct kernel_class class = {load, bind, run, linear_free};
    TRY(kernel_make(s->node, &class, sizeof(struct linear), out));
    struct linear *k = out->own;
    k->cuda = k->parameters.cuda = s->cuda;
    k->gated = s->node->op == OP_geglu;
    if (site_input(s, IN_WEIGHT)->rate != RATE_LOAD)
        return kernel_keep(err_fail("the weight must come from the checkpoint"), out);
    struct err e = plan(s, k, &out->scratch_bytes);
    if (!e.code) {
        out->weight_bytes = k->parameters.bytes;
        snprintf(out->name, sizeof out->name, "%s %s", ops[s->node->op].name, gemm_name(k->gemm));
    }
    return kernel_keep(e, out);
}

struct err choose_linear(const struct site *s, struct kernel *out)
{
    return choose_rows_product(s, out);
}

struct err choose_geglu(const struct site *s, struct kernel *out)
{
    return choose_rows_product(s, out);
}
