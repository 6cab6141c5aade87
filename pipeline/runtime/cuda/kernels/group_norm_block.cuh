/* What a block of group_norm does, and the places of its threads. */
#ifndef SDBENCH_CUDA_KERNELS_GROUP_NORM_BLOCK_CUH
#define SDBENCH_CUDA_KERNELS_GROUP_NORM_BLOCK_CUH

#include "pipeline/runtime/cuda/kernels/group_norm.cuh"

struct gn_work {
    struct gn_shape shape;
    const void *source[NORM_SOURCES];
    int64_t end[NORM_SOURCES], source_channels[NORM_SOURCES]; /* end: the first channel after a source's */
    const float *weight, *bias;
    float eps;
    int activation;
    void *y;
    float2 *partial; /* (images, groups, chunks): mean, m2 */
};

/* What a block does. */
struct gn_block {
    int64_t image, channel, pixel, group; /* the first ones */
    int chunk, groups, channels, pixels;
};

static __device__ struct gn_block gn_block_of(const struct gn_shape &s)
{
    struct gn_block b;
    const unsigned int rest = blockIdx.x / s.chunks, span = rest % s.spans;
    b.chunk = (int)(blockIdx.x % s.chunks);
    b.image = rest / s.spans;
    b.group = (int64_t)span * s.span_groups;
    b.groups = (int)min((int64_t)s.span_groups, s.groups - b.group);
    b.channel = b.group * s.width;
    b.channels = b.groups * s.width;
    b.pixel = b.chunk * s.chunk_pixels;
    b.pixels = (int)min(s.chunk_pixels, s.pixels - b.pixel);
    return b;
}

/* A thread's place in a pass over columns [first, first + columns) of the span. */
struct gn_place {
    int first, columns, rows, row, column;
};

template <int N> static __device__ __forceinline__ struct gn_place gn_place_in(const struct gn_block &b, int first)
{
    struct gn_place p;
    p.first = first;
    p.columns = min(b.channels / N - first, (int)GN_THREADS);
    p.rows = GN_THREADS / p.columns;
    p.row = (int)threadIdx.x / p.columns;
    p.column = (int)threadIdx.x % p.columns;
    return p;
}

/* The channels of a column at the block's first pixel; *pitch is from pixel to pixel. */
template <typename R>
static __device__ __forceinline__ const R *gn_column(const struct gn_work &w, const struct gn_block &b, int64_t channel,
                                                     int64_t *pitch)
{
    const R *at = NULL;
    int64_t begin = 0;
#pragma unroll
    for (int i = 0; i < NORM_SOURCES; i++) {
        if (channel >= begin && channel < w.end[i]) {
            *pitch = w.source_channels[i];
            at = (const R *)w.source[i] + (b.image * w.shape.pixels + b.pixel) * *pitch + channel - begin;
        }
        begin = w.end[i];
    }
    return at;
}

#endif
