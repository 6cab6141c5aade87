/* 2-D convolutions. Several sources are several parts, each with its slice of the weights, the later ones adding to the
 * result of the first: conv(concat(x, s)) = conv(x, W[:, :a]) + conv(s, W[:, a:]). A 1x1 convolution is a product of
 * matrices over the pixels. */
#include "pipeline/runtime/cpu/matrices.h"
#include "pipeline/runtime/cpu/windows.h"

static struct err plan(const struct site *s, struct kernel *out)
{
    const struct params *p = &s->node->params;
    struct product *k = out->own;
    struct windows w = {.window = {{p->stride, p->stride}, {p->pad[0], p->pad[1]}, {p->pad[2], p->pad[3]}},
                        .weight = tensor_of(site_input(s, IN_WEIGHT)),
                        .y = tensor_of(site_result(s))};
    TRY(places_of(site_result(s), "the result", &w.to));
    if (k->residual)
        TRY(places_of(site_input(s, k->residual), "the residual", &w.from));
    TRY(plan_windows(s, k, &w));
    return product_finish(s, out);
}

static bool is_pointwise(const struct site *s)
{
    const struct params *p = &s->node->params;
    const struct shape *w = &site_input(s, IN_WEIGHT)->shape;
    bool matrices = is_dense_image(site_result(s));
    for (int i = IN_X; i < s->node->n_inputs; i++)
        matrices &= is_dense_image(site_input(s, i));
    return matrices && w->dim[2] == 1 && w->dim[3] == 1 && p->stride == 1 && !p->pad[0] && !p->pad[1] && !p->pad[2] &&
           !p->pad[3];
}

struct err choose_conv(const struct site *s, struct kernel *out)
{
    if (is_pointwise(s))
        return choose_matrices(s, out);
    TRY(product_make(s, out));
    return kernel_keep(plan(s, out), out);
}
