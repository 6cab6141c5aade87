/* In 16 bit the library's channels-last kernels are used as they are. In float32 they add up a pixel's whole window in
 * one register (up to 23,040 products), and the error is twice that of other programs. So in float32 images are computed
 * in blocks of 16 channels, where the library adds up one block after the other, with a copy into the blocks; our own
 * pass takes the result out of them. */
#include "pipeline/runtime/cpu/windows.h"

/* A way to compute one: how images are arranged, and whether our own pass finishes. */
struct way {
    enum arrangement arrangement;
    bool ours;
};

/* Adds the part of one source. */
static struct err add_source(const struct site *s, struct product *k, const struct windows *w, const struct way *way,
                             int source, int64_t channel)
{
    const struct tensor plain_x = tensor_of(site_input(s, IN_X + source)), bias = tensor_bias(1, w->y.dim[1]);
    const bool first = source == 0, last = source == node_sources_end(s->node) - IN_X - 1;
    struct epilogue e = {.accumulate = !first};
    struct tensor x = plain_x, y = w->y, packed = w->weight, residual;
    struct product_part *part = NULL;
    TRY(product_add(k, source, &part));
    packed.dim[1] = x.dim[1];
    part->plain = packed;
    part->first = w->first + channel * w->weight.stride[1];
    if (way->ours)
        y.dtype = DTYPE_f32;
    else if (last) {
        e.activation = (enum op)s->node->params.activation;
        if (k->residual) {
            residual = tensor_of(site_input(s, k->residual));
            e.add = &residual;
        }
    }
    x.arrangement = y.arrangement = way->arrangement;
    packed.arrangement = ARRANGED_BY_LIBRARY;
    TRY(primitive_conv(&s->cpu->library, &x, &packed, first && k->bias != NO_VALUE ? &bias : NULL, &y, &w->window, &e,
                       &part->primitive));
    if (way->arrangement != ARRANGED_BY_STRIDES)
        TRY(primitive_arrange(&s->cpu->library, &plain_x, &x, &part->arrange));
    return OK;
}

static struct err plan_way(const struct site *s, struct product *k, const struct windows *w, const struct way *way)
{
    static const int64_t blocks[] = {[ARRANGED_IN_16S] = 16, [ARRANGED_IN_8S] = 8};
    int64_t channel = 0;
    for (int source = 0; source < node_sources_end(s->node) - IN_X; source++) {
        TRY(add_source(s, k, w, way, source, channel));
        channel += site_input(s, IN_X + source)->shape.dim[1];
    }
    k->finish = (struct finish){.needed = way->ours,
                                .images = w->y.dim[0],
                                .rows = w->y.dim[2] * w->y.dim[3],
                                .channels = w->y.dim[1],
                                .block = blocks[way->arrangement],
                                .activate = activation_of(s->node->params.activation),
                                .from = w->from,
                                .to = w->to};
    return OK;
}

struct err plan_windows(const struct site *s, struct product *k, const struct windows *w)
{
    static const struct way ways[] = {
        {ARRANGED_IN_16S, true}, {ARRANGED_IN_8S, true}, {ARRANGED_BY_STRIDES, false}, {ARRANGED_BY_STRIDES, true}};
    bool several = node_sources_end(s->node) - IN_X > 1, float32 = site_input(s, IN_X)->dtype == DTYPE_f32;
    bool ours = w->ours || (several && w->y.dtype != DTYPE_f32); /* or each part would round */
    struct err e = OK;
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        bool blocks = ways[i].arrangement != ARRANGED_BY_STRIDES;
        if (blocks ? !float32 : ours && !ways[i].ours)
            continue;
        err_free(&e);
        product_clear(k);
        e = plan_way(s, k, w, &ways[i]);
        if (!e.code && product_is_real(k))
            break;
    }
    return e;
}

struct err places_of(const struct value *v, const char *what, struct places *out)
{
    const int64_t *d = v->shape.dim, *s = v->stride;
    if (!is_dense_image(v))
        return err_fail("%s is not dense, channels last: a reorder is missing", what);
    *out = (struct places){v->dtype, d[3], d[1] * d[2] * d[3], s[2], s[3]};
    return OK;
}
