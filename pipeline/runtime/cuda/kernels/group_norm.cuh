/* How group_norm is cut into blocks. It depends on sizes only, so that results are the same on every device.
 *
 * A block takes one image, one span of channels (whole groups) and one chunk of pixels. Its threads form rows of columns:
 * a column is N channels, which one access moves; a row is one pixel at a time. Where a span has more columns than a
 * block has threads, the block goes over it in passes. */
#ifndef SDBENCH_CUDA_KERNELS_GROUP_NORM_CUH
#define SDBENCH_CUDA_KERNELS_GROUP_NORM_CUH

#include "pipeline/runtime/cuda/kernels/instances.cuh"

enum {
    GN_THREADS = 256,
    GN_WARPS = GN_THREADS / 32,
    GN_SPAN_BYTES = 128,    /* a pixel of a span has at least as many: whole lines of the cache */
    GN_SPAN_GROUPS = 64,    /* at most, as the smallest element is 2 bytes */
    GN_BLOCKS = 528,        /* wanted: four on each of the 132 multiprocessors of a large GPU */
    GN_CHUNKS = 128,        /* ... but no more of an image and a span: every block reads what all of them found */
    GN_CHUNK = 4,           /* accesses for each thread of a block, at least */
    GN_WHOLE = 16           /* ... and at most where one block does all pixels of a span */
};

struct gn_shape {
    int64_t images, pixels, channels, groups;
    int width;                   /* channels of a group */
    int span_groups, spans;      /* the last span may have fewer groups */
    int chunks;                  /* of pixels; 1: one kernel does everything */
    int64_t chunk_pixels;
};

static inline int64_t gn_channels(const struct group_norm *g)
{
    int64_t channels = 0;
    for (int i = 0; i < NORM_SOURCES; i++)
        channels += g->channels[i];
    return channels;
}

/* The cut where n channels are moved at once, n a power of two that divides the channels. */
static inline struct gn_shape gn_cut(const struct group_norm *g, int n)
{
    struct gn_shape s;
    s.images = g->images;
    s.pixels = g->pixels;
    s.channels = gn_channels(g);
    s.groups = g->groups;
    s.width = (int)(s.channels / g->groups);
    int whole = n; /* groups whose channels are a multiple of n; divides the number of groups */
    while (whole > 1 && s.width * (whole / 2) % n == 0)
        whole /= 2;
    s.span_groups = whole;
    while (s.span_groups < s.groups && s.span_groups * s.width * dtype_bytes(g->read) < GN_SPAN_BYTES)
        s.span_groups += whole;
    s.spans = (int)divide_up(s.groups, s.span_groups);

    const int64_t accesses = s.pixels * divide_up((int64_t)s.span_groups * s.width, n);
    const int64_t limits[] = {GN_CHUNKS, accesses / (GN_THREADS * GN_CHUNK)};
    int64_t chunks = divide_up(GN_BLOCKS, s.images * s.spans);
    for (int64_t limit : limits)
        chunks = chunks < limit ? chunks : limit;
    if (chunks < 1 || accesses <= GN_THREADS * GN_WHOLE)
        chunks = 1;
    s.chunk_pixels = divide_up(s.pixels, chunks);
    s.chunks = (int)divide_up(s.pixels, s.chunk_pixels);
    return s;
}

#endif
