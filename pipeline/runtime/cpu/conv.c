/* 2-D convolutions. Several sources are several convolutions, each with its slice of the weights, the later ones adding
 * to the result of the first: conv(concat(x, s)) = conv(x, W[:, :a]) + conv(s, W[:, a:]).
 *
 * In 16 bit the library's channels-last kernels are used as they are. In float32 they add up a pixel's whole window in
 * one register (up to 23,040 products), and the error is twice that of other programs. So a 1x1 convolution is a
 * product of matrices over the pixels, in pieces; a larger one is computed in blocks of 16 channels, where the library
 * adds up one block after the other, with a copy into the blocks and one out of them. */
#include "pipeline/graph/place.h"
#include "pipeline/runtime/cpu/matrices.h"

/* A way to compute one: how images are arranged, and whether our own pass finishes. The first that the library has real
 * kernels for is taken. */
struct way {
    enum arrangement arrangement;
    bool ours;
};

/* Adds the part of one source. */
static struct err add_source(const struct site *s, struct product *k, const struct way *w, int source, int64_t channel)
{
    const struct params *p = &s->node->params;
    const struct value *weight = site_input(s, IN_WEIGHT), *result = site_result(s);
    const struct tensor plain_x = tensor_of(site_input(s, IN_X + source)), b = tensor_bias(1, weight->shape.dim[0]);
    const struct window window = {{p->stride, p->stride}, {p->pad[0], p->pad[1]}, {p->pad[2], p->pad[3]}};
    const bool first = source == 0, last = source == node_sources_end(s->node) - IN_X - 1;
    struct epilogue e = {.accumulate = !first};
    struct tensor residual;
    struct product_part *part = NULL;
    TRY(product_add(k, source, &part));
    struct tensor x = plain_x, y = tensor_of(result), packed = part->plain = tensor_of(weight);
    packed.dim[1] = part->plain.dim[1] = x.dim[1];
    part->first = channel * weight->stride[1];
    if (w->ours)
        y.dtype = DTYPE_f32;
    else if (last) {
        e.activation = (enum op)p->activation;
        if (k->residual) {
            residual = tensor_of(site_input(s, k->residual));
            e.add = &residual;
        }
    }
    x.arrangement = y.arrangement = w->arrangement;
    packed.arrangement = ARRANGED_BY_LIBRARY;
    TRY(primitive_conv(&s->cpu->library, &x, &packed, first && k->bias != NO_VALUE ? &b : NULL, &y, &window, &e,
                       &part->primitive));
    if (w->arrangement != ARRANGED_BY_STRIDES)
        TRY(primitive_arrange(&s->cpu->library, &plain_x, &x, &part->arrange));
    return OK;
}

static struct err plan_finish(const struct site *s, struct product *k, const struct way *w)
{
    struct tensor y, residual = {0};
    TRY(tensor_matrix(site_result(s), "the result", &y));
    if (k->residual)
        TRY(tensor_matrix(site_input(s, k->residual), "the residual", &residual));
    const int64_t *d = site_result(s)->shape.dim;
    k->finish = (struct finish){.needed = true,
                                .images = d[0],
                                .rows = d[2] * d[3],
                                .channels = d[1],
                                .block = w->arrangement == ARRANGED_IN_16S ? 16 : w->arrangement == ARRANGED_IN_8S ? 8 : 0,
                                .activate = activation_of(s->node->params.activation),
                                .residual = {residual.dtype, residual.stride[0], NULL},
                                .dtype = y.dtype,
                                .step = y.stride[0]};
    return OK;
}

static struct err plan_windows(const struct site *s, struct product *k, const struct way *w)
{
    int64_t channel = 0;
    for (int source = 0; source < node_sources_end(s->node) - IN_X; source++) {
        TRY(add_source(s, k, w, source, channel));
        channel += site_input(s, IN_X + source)->shape.dim[1];
    }
    return w->ours ? plan_finish(s, k, w) : OK;
}

static struct err choose_windows(const struct site *s, struct kernel *out)
{
    static const struct way ways[] = {
        {ARRANGED_IN_16S, true}, {ARRANGED_IN_8S, true}, {ARRANGED_BY_STRIDES, false}, {ARRANGED_BY_STRIDES, true}};
    struct product *k = out->own;
    bool several = node_sources_end(s->node) - IN_X > 1, float32 = site_input(s, IN_X)->dtype == DTYPE_f32;
    bool rounds_between = several && site_result(s)->dtype != DTYPE_f32;
    struct err e = OK;
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        bool blocks = ways[i].arrangement != ARRANGED_BY_STRIDES;
        if (blocks ? !float32 : rounds_between && !ways[i].ours)
            continue;
        err_free(&e);
        product_clear(k);
        e = plan_windows(s, k, &ways[i]);
        if (!e.code && product_is_real(k))
            break;
    }
    return e.code ? e : product_finish(s, out);
}

static bool is_matrix(const struct value *v)
{
    return v->layout == LAYOUT_channels_last && value_is_dense(v) && v->stride[1] == 1;
}

static bool is_pointwise(const struct site *s)
{
    const struct params *p = &s->node->params;
    const struct shape *w = &site_input(s, IN_WEIGHT)->shape;
    bool matrices = is_matrix(site_result(s));
    for (int i = IN_X; i < s->node->n_inputs; i++)
        matrices &= is_matrix(site_input(s, i));
    return matrices && w->dim[2] == 1 && w->dim[3] == 1 && p->stride == 1 && !p->pad[0] && !p->pad[1] && !p->pad[2] &&
           !p->pad[3];
}

struct err choose_conv(const struct site *s, struct kernel *out)
{
    if (is_pointwise(s))
        return choose_matrices(s, out);
    TRY(product_make(s, out));
    return kernel_keep(choose_windows(s, out), out);
}
