/* Group norm, inside: what its statistics (group_norm_statistics.c) and its kernel (group_norm.c) share. */
#ifndef SDBENCH_CPU_GROUP_NORM_H
#define SDBENCH_CPU_GROUP_NORM_H

#include "pipeline/runtime/cpu/activations.h"
#include "pipeline/runtime/cpu/floats.h"
#include "pipeline/runtime/cpu/kernels.h"

enum {
    GROUP_NORM_SLAB = 64,    /* pixels that one thread works on at once */
    GROUP_NORM_PIECE = 1024, /* channels converted at once */
    GROUP_NORM_SOURCES = MAX_INPUTS - IN_X
};

/* An image tensor, channels last. */
struct picture {
    enum dtype dtype;
    int64_t channels, first; /* its channels are first.. of the result's */
    int64_t image, pixel;    /* strides */
    void *at;
};

/* Of one image, in the scratch: for each slab sums and sums of squares of every channel; then what makes
 * y = (x - mean) scale + shift, one of each a channel. */
struct statistics {
    float *sums, *mean, *scale, *shift;
};

struct group_norm {
    int64_t images, pixels, channels, groups, slabs, at_once;
    double eps;
    value_id weight, bias;
    const float *gamma, *beta;
    int sources;
    struct picture source[GROUP_NORM_SOURCES], result;
    elementwise_fn *activate; /* or NULL */
    float *scratch;
};

/* The last pixel of a slab, plus one. */
static inline int64_t slab_end(const struct group_norm *k, int64_t slab)
{
    int64_t end = (slab + 1) * GROUP_NORM_SLAB;
    return end < k->pixels ? end : k->pixels;
}

static inline const void *pixel_at(const struct picture *p, int64_t image, int64_t pixel, int64_t channel)
{
    return element(p->at, p->dtype, image * p->image + pixel * p->pixel + channel);
}

/* Sums of one source's channels over one slab of an image: for every channel of the result, then their squares. */
void group_norm_sum(const struct group_norm *k, const struct picture *p, int64_t image, int64_t slab, float *sums);

/* From the sums of all slabs to what a group's channels are scaled and shifted by. */
void group_norm_join(const struct group_norm *k, const struct statistics *s, int64_t image, int64_t group);

#endif
