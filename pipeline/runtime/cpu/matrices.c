#include "pipeline/runtime/cpu/matrices.h"

/* The parts of all sources that make N columns: rows `row`.. of the weight. */
struct columns {
    int64_t row;
    struct tensor y;
    struct epilogue epilogue;
    bool to_factor;
};

static struct err add_columns(const struct site *s, struct product *k, const struct columns *c)
{
    const struct value *weight = site_input(s, IN_WEIGHT); /* (N,K): as a second factor its transpose */
    const int sources = node_sources_end(s->node) - IN_X;
    int64_t channel = 0;
    for (int i = 0; i < sources; i++) {
        struct matrices m = {.source = i,
                             .y = c->y,
                             .first = c->row * weight->stride[0] + channel * weight->stride[1],
                             .bias = c->row,
                             .has_bias = k->bias != NO_VALUE,
                             .accumulate = i > 0,
                             .to_factor = c->to_factor};
        TRY(tensor_matrix(site_input(s, IN_X + i), "x", &m.x));
        m.w = (struct tensor){.dtype = weight->dtype,
                              .rank = 2,
                              .dim = {m.x.dim[1], c->y.dim[1]},
                              .stride = {weight->stride[1], weight->stride[0]}};
        if (i == sources - 1)
            m.epilogue = c->epilogue;
        TRY(product_add_matrices(s, k, &m));
        channel += m.x.dim[1];
    }
    return OK;
}

/* A result that several parts add to is float32 until it is whole. */
static bool rounds_between(const struct site *s, const struct tensor *y)
{
    return y->dtype != DTYPE_f32 && node_sources_end(s->node) - IN_X > 1;
}

/* `ours`: the library computes sums only. */
static struct err plan_parts(const struct site *s, struct product *k, bool ours)
{
    const bool gated = s->node->op == OP_geglu;
    struct tensor y, residual = {0}, factor;
    TRY(tensor_matrix(site_result(s), "the result", &y));
    if (k->residual)
        TRY(tensor_matrix(site_input(s, k->residual), "the residual", &residual));
    factor = (struct tensor){.dtype = DTYPE_f32, .rank = 2, .dim = {y.dim[0], y.dim[1]}, .stride = {y.dim[1], 1}};
    if (gated) /* the gate's part multiplies by the value */
        TRY(add_columns(s, k, &(struct columns){.y = factor, .to_factor = true}));
    struct columns last = {.row = gated ? y.dim[1] : 0, .y = y};
    if (ours)
        last.y = factor;
    else
        last.epilogue = (struct epilogue){.activation = (enum op)s->node->params.activation,
                                          .multiply = gated ? &factor : NULL,
                                          .add = k->residual ? &residual : NULL};
    TRY(add_columns(s, k, &last));
    if (ours)
        k->finish = (struct finish){.needed = true,
                                    .images = 1,
                                    .rows = y.dim[0],
                                    .channels = y.dim[1],
                                    .activate = activation_of(s->node->params.activation),
                                    .gated = gated,
                                    .from = {residual.dtype, y.dim[0], 0, 0, residual.stride[0]},
                                    .to = {y.dtype, y.dim[0], 0, 0, y.stride[0]}};
    return OK;
}

static struct err plan(const struct site *s, struct kernel *out)
{
    struct product *k = out->own;
    struct tensor y;
    TRY(tensor_matrix(site_result(s), "the result", &y));
    bool ours = rounds_between(s, &y);
    struct err e = plan_parts(s, k, ours);
    if (!ours && (e.code || !product_is_real(k))) {
        err_free(&e);
        product_clear(k);
        e = plan_parts(s, k, true);
    }
    return e.code ? e : product_finish(s, out);
}

struct err choose_matrices(const struct site *s, struct kernel *out)
{
    TRY(product_make(s, out));
    return kernel_keep(plan(s, out), out);
}

struct err choose_linear(const struct site *s, struct kernel *out)
{
    return choose_matrices(s, out);
}

struct err choose_geglu(const struct site *s, struct kernel *out)
{
    return choose_matrices(s, out);
}
