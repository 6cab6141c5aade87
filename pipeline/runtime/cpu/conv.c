/* 2-D convolutions. Several sources are several convolutions, each with its slice of the weights, the later ones adding
 * to the result of the first: conv(concat(x, s)) = conv(x, W[:, :a]) + conv(s, W[:, a:]).
 *
 * In 16 bit the library's channels-last kernels are used as they are. In float32 they add up a pixel's whole window in
 * one register (up to 23,040 products), and the error is twice that of other programs. So a 1x1 convolution is a
 * product of matrices over the pixels, in pieces; a larger one is computed in blocks of 16 channels, where the library
 * adds up one block after the other, with a copy into the blocks and one out of them. */
#include "pipeline/graph/place.h"
#include "pipeline/runtime/cpu/product.h"

/* Makes the part of one source in one arrangement of images; false where the library has no real kernel for it. */
static struct err add_in(enum arrangement arrangement, const struct site *s, int source, int64_t channel,
                         const struct tensor *result, struct product *k, bool *real)
{
    const struct params *p = &s->node->params;
    const struct value *weight = site_input(s, IN_WEIGHT);
    const struct tensor plain_x = tensor_of(site_input(s, IN_X + source)), plain_y = *result;
    const struct tensor b = tensor_bias(1, weight->shape.dim[0]);
    const struct window window = {{p->stride, p->stride}, {p->pad[0], p->pad[1]}, {p->pad[2], p->pad[3]}};
    struct product_part *part = NULL;
    bool first = k->parts == 0;
    TRY(product_add(k, source, &part));
    struct tensor x = plain_x, y = plain_y, w = part->plain = tensor_of(weight);
    w.dim[1] = part->plain.dim[1] = x.dim[1];
    part->first = channel * weight->stride[1];
    x.arrangement = y.arrangement = arrangement;
    w.arrangement = ARRANGED_BY_LIBRARY;
    TRY(primitive_conv(&s->cpu->library, &x, &w, first && k->bias != NO_VALUE ? &b : NULL, &y, &window, !first,
                       &part->primitive));
    *real = !primitive_is_reference(&part->primitive);
    if (*real && arrangement != ARRANGED_BY_STRIDES) {
        TRY(primitive_arrange(&s->cpu->library, &plain_x, &x, &part->arrange));
        if (first)
            TRY(primitive_arrange(&s->cpu->library, &y, &plain_y, &k->restore));
    }
    return OK;
}

/* Tries arrangements in turn for the first source; the others take the same. */
static struct err add_windows(const struct site *s, struct product *k)
{
    static const enum arrangement precise[] = {ARRANGED_IN_16S, ARRANGED_IN_8S, ARRANGED_BY_STRIDES};
    struct tensor result = tensor_of(site_result(s));
    TRY(product_widen(s, k, &result));
    bool float32 = site_input(s, IN_X)->dtype == DTYPE_f32 && site_result(s)->dtype == DTYPE_f32, real = false;
    size_t i = float32 ? 0 : ARRAY_LEN(precise) - 1;
    for (;; i++) {
        TRY(add_in(precise[i], s, 0, 0, &result, k, &real));
        if (real || i == ARRAY_LEN(precise) - 1)
            break;
        primitive_free(&k->part[--k->parts].primitive);
    }
    int64_t channel = site_input(s, IN_X)->shape.dim[1];
    for (int source = 1; source < s->node->n_inputs - IN_X; source++) {
        TRY(add_in(precise[i], s, source, channel, &result, k, &real));
        channel += site_input(s, IN_X + source)->shape.dim[1];
    }
    return OK;
}

/* An image as a matrix of pixels and channels. */
static struct tensor pixels_of(const struct value *v)
{
    const int64_t *d = v->shape.dim;
    return (struct tensor){.dtype = v->dtype, .rank = 2, .dim = {d[0] * d[2] * d[3], d[1]}, .stride = {d[1], 1}};
}

static bool is_matrix(const struct value *v)
{
    return v->layout == LAYOUT_channels_last && value_is_dense(v) && v->stride[1] == 1;
}

static struct err add_pixels(const struct site *s, struct product *k)
{
    const struct value *weight = site_input(s, IN_WEIGHT);
    struct tensor y = pixels_of(site_result(s));
    const struct tensor b = tensor_bias(2, weight->shape.dim[0]);
    TRY(product_widen(s, k, &y));
    int64_t channel = 0;
    for (int source = 0; source < s->node->n_inputs - IN_X; source++) {
        const struct tensor x = pixels_of(site_input(s, IN_X + source));
        const struct tensor w = {.dtype = weight->dtype,
                                 .rank = 2,
                                 .dim = {x.dim[1], weight->shape.dim[0]},
                                 .stride = {weight->stride[1], weight->stride[0]}};
        TRY(product_add_matrices(s, k, source, &x, &w, channel, k->bias == NO_VALUE ? NULL : &b, &y));
        channel += x.dim[1];
    }
    return OK;
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
    TRY(product_make(s, out));
    TRY(kernel_keep(is_pointwise(s) ? add_pixels(s, out->own) : add_windows(s, out->own), out));
    return product_finish(s, out);
}
