/* Normalises groups of channels of images that lie channels last, from one source or several side by side. */
#include "pipeline/runtime/cpu/group_norm.h"

#include "pipeline/runtime/cpu/vector.h"

enum {
    SLAB = GROUP_NORM_SLAB,
    PIECE = GROUP_NORM_PIECE,
    AT_ONCE = 1 << 22 /* elements of the images that are normalised together: they should stay in the cache */
};

static int64_t statistics_floats(const struct group_norm *k)
{
    return (2 * k->slabs + 3) * k->channels;
}

static struct statistics statistics_at(const struct group_norm *k, int64_t index)
{
    float *sums = k->scratch + index * statistics_floats(k), *mean = sums + 2 * k->slabs * k->channels;
    return (struct statistics){sums, mean, mean + k->channels, mean + 2 * k->channels};
}

VECTOR static void normalise(float *restrict y, const float *restrict x, const float *restrict mean,
                             const float *restrict scale, const float *restrict shift, int64_t n)
{
#pragma omp simd
    for (int64_t c = 0; c < n; c++)
        y[c] = fmaf(x[c] - mean[c], scale[c], shift[c]);
}

static void normalise_slab(const struct group_norm *k, const struct picture *p, const struct statistics *s,
                           int64_t image, int64_t slab)
{
    float in[PIECE], out[PIECE], normal[PIECE];
    const struct picture *r = &k->result;
    int64_t end = slab_end(k, slab);
    for (int64_t i = slab * SLAB; i < end; i++)
        for (int64_t c = 0; c < p->channels; c += PIECE) {
            int64_t n = p->channels - c < PIECE ? p->channels - c : PIECE, channel = p->first + c;
            const float *x = floats_read(pixel_at(p, image, i, c), p->dtype, n, in);
            void *to = element_out(r->at, r->dtype, image * r->image + i * r->pixel + channel);
            float *y = floats_target(to, r->dtype, out);
            normalise(k->activate ? normal : y, x, s->mean + channel, s->scale + channel, s->shift + channel, n);
            if (k->activate)
                k->activate(y, normal, NULL, 1, n);
            floats_write(to, r->dtype, n, y);
        }
}

static struct err run(void *own)
{
    const struct group_norm *k = own;
    const int64_t slabs = k->slabs;
#pragma omp parallel if (k->images * k->pixels * k->channels >= PARALLEL_FROM)
    for (int64_t first = 0; first < k->images; first += k->at_once) {
        int64_t images = k->images - first < k->at_once ? k->images - first : k->at_once;
#pragma omp for schedule(static)
        for (int64_t i = 0; i < images * slabs; i++) {
            struct statistics s = statistics_at(k, i / slabs);
            for (int j = 0; j < k->sources; j++)
                group_norm_sum(k, &k->source[j], first + i / slabs, i % slabs, s.sums + i % slabs * 2 * k->channels);
        }
#pragma omp for schedule(static)
        for (int64_t i = 0; i < images * k->groups; i++) {
            struct statistics s = statistics_at(k, i / k->groups);
            group_norm_join(k, &s, first + i / k->groups, i % k->groups);
        }
#pragma omp for schedule(static)
        for (int64_t i = 0; i < images * slabs; i++) {
            struct statistics s = statistics_at(k, i / slabs);
            for (int j = 0; j < k->sources; j++)
                normalise_slab(k, &k->source[j], &s, first + i / slabs, i % slabs);
        }
    }
    return OK;
}

static struct err load(void *own, const struct loader *loader, void *weights)
{
    const struct group_norm *k = own;
    TRY(loader_copy_f32(loader, k->weight, weights));
    return loader_copy_f32(loader, k->bias, (float *)weights + k->channels);
}

static struct err bind(void *own, const struct binding *b)
{
    struct group_norm *k = own;
    k->gamma = b->weights;
    k->beta = k->gamma + k->channels;
    k->scratch = b->scratch;
    k->result.at = b->output[0];
    for (int j = 0; j < k->sources; j++)
        k->source[j].at = (void *)(uintptr_t)b->input[IN_X + j];
    return OK;
}

static struct err picture_of(const struct value *v, int64_t first, struct picture *out)
{
    const int64_t *d = v->shape.dim, *s = v->stride;
    if ((d[1] > 1 && s[1] != 1) || (d[2] > 1 && d[3] > 1 && s[2] != d[3] * s[3]))
        return err_fail("group_norm needs images channels last: a reorder is missing");
    *out = (struct picture){v->dtype, d[1], first, s[0], d[3] > 1 ? s[3] : s[2], NULL};
    return OK;
}

struct err choose_group_norm(const struct site *s, struct kernel *out)
{
    static const struct kernel_class class = {load, bind, run, kernel_free_block};
    const struct value *y = site_result(s);
    const int64_t *d = y->shape.dim;
    TRY(kernel_make(s->node, &class, sizeof(struct group_norm), out));
    struct group_norm *k = out->own;
    *k = (struct group_norm){.images = d[0],
                             .pixels = d[2] * d[3],
                             .channels = d[1],
                             .groups = s->node->params.groups,
                             .eps = s->node->params.eps,
                             .weight = s->node->input[IN_WEIGHT],
                             .bias = s->node->input[IN_BIAS],
                             .activate = activation_of(s->node->params.activation),
                             .sources = s->node->n_inputs - IN_X};
    k->slabs = (k->pixels + SLAB - 1) / SLAB;
    k->at_once = AT_ONCE / (k->pixels * k->channels) + 1;
    k->at_once = k->at_once < k->images ? k->at_once : k->images;
    TRY(kernel_keep(picture_of(y, 0, &k->result), out));
    for (int64_t j = 0, first = 0; j < k->sources; first += k->source[j++].channels)
        TRY(kernel_keep(picture_of(site_input(s, IN_X + (int)j), first, &k->source[j]), out));
    out->weight_bytes = 2 * (size_t)k->channels * sizeof(float);
    out->scratch_bytes = (size_t)(k->at_once * statistics_floats(k)) * sizeof(float);
    return OK;
}
