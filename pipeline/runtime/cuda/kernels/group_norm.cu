/* Normalises groups of channels of channels-last images (N,H,W,C) over the image, then weight, bias and an activation;
 * the channels come from up to three tensors side by side, so that a concatenation is never written.
 *
 * Two kernels: the first writes mean and sum of squared distances of each group over each chunk of pixels, the second
 * joins those of all chunks and normalises. Where a block can do all pixels of its channels, one kernel does both. Group
 * widths are whatever they are (10 and 30 in the UNet): a thread keeps sums of each channel that it reads, and only the
 * sums are joined to groups. Nothing subtracts large numbers: distances are taken from a value of the channel itself,
 * then from means, and the sums of parts are joined by
 *     mean = sum n_i mean_i / sum n_i,   m2 = sum (m2_i + n_i (mean_i - mean)^2)
 * in a fixed order.
 *
 * Bound by memory: x is read twice, y written once: 6 bytes an element in f16, 12 in f32; 2 and 4 less where one block
 * does it all. The second read comes from the L2 cache where the tensor fits there, as in the UNet at batch 6 (15.7 MB
 * at most but for concatenations), so one may expect between 4 and 6 bytes an element at 80 % of the memory's speed. With
 * SiLU some 20 instructions an element keep f16 near the limit of the arithmetic too. */
#include "pipeline/runtime/cuda/kernels/device.h"

#include "pipeline/runtime/cuda/kernels/activations.cuh"
#include "pipeline/runtime/cuda/kernels/group_norm.cuh"
#include "pipeline/runtime/cuda/kernels/sums.cuh"
#include "pipeline/runtime/cuda/kernels/values.cuh"

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

/* Mean of n values and sum of their squared distances to it. */
struct moments {
    float n, mean, m2;
};

/* Joins parts part(0)...part(count - 1), of which the first is not empty; all lanes of a warp get the result. */
template <typename PART> static __device__ struct moments gn_join(int count, PART part)
{
    const int lane = (int)threadIdx.x % WARP;
    const float middle = part(0).mean;
    struct moments all = {0, 0, 0};
    for (int i = lane; i < count; i += WARP) {
        struct moments m = part(i);
        all.n += m.n;
        all.mean += m.n * (m.mean - middle);
    }
    all.n = warp_sum(all.n);
    all.mean = middle + warp_sum(all.mean) / all.n;
    for (int i = lane; i < count; i += WARP) {
        struct moments m = part(i);
        float d = m.mean - all.mean;
        all.m2 += m.m2 + m.n * d * d;
    }
    all.m2 = warp_sum(all.m2);
    return all;
}

/* Pixels that a row does. */
static __device__ __forceinline__ int gn_row_pixels(const struct gn_block &b, const struct gn_place &p, int row)
{
    return (b.pixels - row + p.rows - 1) / p.rows;
}

/* A column's channels over the pixels of a row: mean and m2 of each. */
template <typename R, int N>
static __device__ void gn_sum_column(const struct gn_work &w, const struct gn_block &b, const struct gn_place &p,
                                     float2 (&sums)[N])
{
    enum { AHEAD = 4 };
    int64_t pitch = 0;
    const R *x = gn_column<R>(w, b, b.channel + (p.first + p.column) * N, &pitch) + p.row * pitch;
    const int n = gn_row_pixels(b, p, p.row);
    float middle[N], sum[N] = {0}, squares[N] = {0};
    load(middle, x);
    pitch *= p.rows;
    for (int i = 0; i < n; i += AHEAD) {
        float value[AHEAD][N];
#pragma unroll
        for (int j = 0; j < AHEAD; j++)
            load(value[j], x + min(i + j, n - 1) * pitch);
#pragma unroll
        for (int j = 0; j < AHEAD; j++)
#pragma unroll
            for (int c = 0; c < N; c++) {
                float d = i + j < n ? value[j][c] - middle[c] : 0.f;
                sum[c] += d;
                squares[c] = fmaf(d, d, squares[c]);
            }
    }
#pragma unroll
    for (int c = 0; c < N; c++) {
        float mean = sum[c] / (float)n;
        sums[c] = make_float2(middle[c] + mean, fmaxf(squares[c] - sum[c] * mean, 0.f));
    }
}

/* The groups of a span over the pixels of a block, in found[]. */
template <typename R, int N>
static __device__ void gn_statistics(const struct gn_work &w, const struct gn_block &b, float2 (*sums)[GN_THREADS],
                                     struct moments *found)
{
    const int warp = (int)threadIdx.x / WARP, lane = (int)threadIdx.x % WARP;
    for (int first = 0; first < b.channels / N; first += GN_THREADS) {
        const struct gn_place p = gn_place_in<N>(b, first);
        if (first)
            __syncthreads();
        if (p.row < p.rows && p.row < b.pixels) {
            float2 own[N];
            gn_sum_column<R, N>(w, b, p, own);
#pragma unroll
            for (int c = 0; c < N; c++)
                sums[c][threadIdx.x] = own[c];
        }
        __syncthreads();
        const int rows = min(p.rows, b.pixels);
        for (int g = warp; g < b.groups; g += GN_WARPS) {
            const int from = max(g * w.shape.width, first * N), to = min((g + 1) * w.shape.width, (first + p.columns) * N);
            if (from >= to)
                continue;
            struct moments m = gn_join((to - from) * rows, [&](int i) {
                const int row = i / (to - from), channel = from - first * N + i % (to - from);
                const float2 s = sums[channel % N][row * p.columns + channel / N];
                return moments{(float)gn_row_pixels(b, p, row), s.x, s.y};
            });
            if (from > g * w.shape.width) { /* the rest of a group that an earlier pass began */
                struct moments two[] = {found[g], m};
                m = gn_join(2, [&](int i) { return i ? two[1] : two[0]; });
            }
            __syncwarp();
            if (lane == 0)
                found[g] = m;
            __syncwarp();
        }
    }
}

/* (mean, 1 / standard deviation) of a group, from its moments. */
static __device__ __forceinline__ float2 gn_normaliser(const struct gn_work &w, struct moments m)
{
    return make_float2(m.mean, 1.f / sqrtf(m.m2 / m.n + w.eps));
}

/* y = activation((x - mean) / deviation * weight + bias) over the block; group[]: gn_normaliser of each group. */
template <typename R, typename W, int N>
static __device__ void gn_apply(const struct gn_work &w, const struct gn_block &b, const float2 *group)
{
    enum { AHEAD = 2 };
    for (int first = 0; first < b.channels / N; first += GN_THREADS) {
        const struct gn_place p = gn_place_in<N>(b, first);
        if (p.row >= p.rows)
            continue;
        const int in_span = (p.first + p.column) * N;
        const int64_t channel = b.channel + in_span;
        float mean[N], scale[N], bias[N];
        load(scale, w.weight + channel);
        load(bias, w.bias + channel);
        int g = in_span / w.shape.width, left = (g + 1) * w.shape.width - in_span;
#pragma unroll
        for (int c = 0; c < N; c++) {
            mean[c] = group[g].x;
            scale[c] *= group[g].y;
            if (--left == 0 && c + 1 < N) {
                g++;
                left = w.shape.width;
            }
        }
        int64_t pitch = 0;
        const R *x = gn_column<R>(w, b, channel, &pitch);
        W *y = (W *)w.y + (b.image * w.shape.pixels + b.pixel) * w.shape.channels + channel;
        for (int i = p.row; i < b.pixels; i += AHEAD * p.rows) {
            float value[AHEAD][N];
#pragma unroll
            for (int j = 0; j < AHEAD; j++)
                load(value[j], x + min(i + j * p.rows, b.pixels - 1) * pitch);
#pragma unroll
            for (int j = 0; j < AHEAD; j++) {
                if (i + j * p.rows >= b.pixels)
                    break;
#pragma unroll
                for (int c = 0; c < N; c++)
                    value[j][c] = fmaf(value[j][c] - mean[c], scale[c], bias[c]);
                activate(value[j], w.activation);
                store(y + (i + j * p.rows) * w.shape.channels, value[j]);
            }
        }
    }
}

template <typename R, int N> static __global__ void __launch_bounds__(GN_THREADS, 4) gn_statistics_kernel(struct gn_work w)
{
    __shared__ float2 sums[N][GN_THREADS];
    __shared__ struct moments found[GN_SPAN_GROUPS];
    const struct gn_block b = gn_block_of(w.shape);
    gn_statistics<R, N>(w, b, sums, found);
    __syncthreads();
    for (int g = (int)threadIdx.x; g < b.groups; g += GN_THREADS)
        w.partial[(b.image * w.shape.groups + b.group + g) * w.shape.chunks + b.chunk] =
            make_float2(found[g].mean, found[g].m2);
}

template <typename R, typename W, int N>
static __global__ void __launch_bounds__(GN_THREADS, 4) gn_apply_kernel(struct gn_work w)
{
    __shared__ float2 group[GN_SPAN_GROUPS];
    const struct gn_shape &s = w.shape;
    const struct gn_block b = gn_block_of(s);
    for (int g = (int)threadIdx.x / WARP; g < b.groups; g += GN_WARPS) {
        const float2 *partial = w.partial + (b.image * s.groups + b.group + g) * s.chunks;
        const struct moments m = gn_join(s.chunks, [&](int i) {
            const int64_t pixels = min(s.chunk_pixels, s.pixels - i * s.chunk_pixels);
            return moments{(float)(pixels * s.width), partial[i].x, partial[i].y};
        });
        if (threadIdx.x % WARP == 0)
            group[g] = gn_normaliser(w, m);
    }
    __syncthreads();
    gn_apply<R, W, N>(w, b, group);
}

template <typename R, typename W, int N>
static __global__ void __launch_bounds__(GN_THREADS, 4) gn_whole_kernel(struct gn_work w)
{
    __shared__ float2 sums[N][GN_THREADS];
    __shared__ struct moments found[GN_SPAN_GROUPS];
    __shared__ float2 group[GN_SPAN_GROUPS];
    const struct gn_block b = gn_block_of(w.shape);
    gn_statistics<R, N>(w, b, sums, found);
    __syncthreads();
    for (int g = (int)threadIdx.x; g < b.groups; g += GN_THREADS)
        group[g] = gn_normaliser(w, found[g]);
    __syncthreads();
    gn_apply<R, W, N>(w, b, group);
}

struct gn_kernels {
    void (*statistics)(struct gn_work), (*apply)(struct gn_work), (*whole)(struct gn_work);
};

static const struct gn_kernels *gn_instance(const struct group_norm *g, bool several)
{
#define OF_SIZE(R, W, N)   {gn_statistics_kernel<R, N>, gn_apply_kernel<R, W, N>, gn_whole_kernel<R, W, N>}
#define ONE_BY_ONE(R, W)   OF_SIZE(R, W, 1)
#define SEVERAL(R, W)      OF_SIZE(R, W, (at_once<R, W>::values))
    static const struct gn_kernels kernels[2][2][2] = {BY_TYPES(ONE_BY_ONE), BY_TYPES(SEVERAL)};
    return &kernels[several][type_index(g->read)][type_index(g->write)];
}

/* Whether n channels of every tensor lie together and aligned. */
static bool gn_moves_at_once(const struct group_norm *g, int n)
{
    bool even = is_aligned(g->y, n * dtype_bytes(g->write)) && is_aligned(g->weight, 16) && is_aligned(g->bias, 16);
    for (int i = 0; i < NORM_SOURCES; i++)
        even = even && g->channels[i] % n == 0 && (!g->channels[i] || is_aligned(g->source[i], n * dtype_bytes(g->read)));
    return even;
}

/* Addresses may be unknown yet: enough for either way of moving channels. */
size_t group_norm_partial_bytes(const struct group_norm *g)
{
    const int64_t channels = gn_channels(g);
    int chunks = 1;
    if (g->groups < 1 || channels < 1)
        return 0;
    for (int n = values_at_once(g->read, g->write); n >= 1; n = n > 1 ? 1 : 0) {
        if (channels % n)
            continue;
        const int needed = gn_cut(g, n).chunks;
        chunks = needed > chunks ? needed : chunks;
    }
    return (size_t)(g->images * g->groups * chunks) * sizeof(float2);
}

cudaError_t launch_group_norm(const struct group_norm *g, cudaStream_t stream)
{
    const int64_t channels = gn_channels(g);
    if (!is_float_type(g->read) || !is_float_type(g->write) || g->groups < 1 || channels % g->groups)
        return cudaErrorInvalidValue;
    if (g->images * g->pixels * channels == 0)
        return cudaSuccess;
    const int n = values_at_once(g->read, g->write);
    const bool several = gn_moves_at_once(g, n);
    const struct gn_kernels *k = gn_instance(g, several);
    struct gn_work w;
    w.shape = gn_cut(g, several ? n : 1);
    for (int i = 0; i < NORM_SOURCES; i++) {
        w.source[i] = g->source[i];
        w.source_channels[i] = g->channels[i];
        w.end[i] = g->channels[i] + (i ? w.end[i - 1] : 0);
    }
    w.weight = g->weight;
    w.bias = g->bias;
    w.eps = g->eps;
    w.activation = g->activation;
    w.y = g->y;
    w.partial = (float2 *)g->partial;

    const unsigned int blocks = (unsigned int)(w.shape.images * w.shape.spans * w.shape.chunks);
    if (w.shape.chunks == 1)
        return LAUNCH(k->whole, blocks, GN_THREADS, 0, stream, w);
    cudaError_t e = LAUNCH(k->statistics, blocks, GN_THREADS, 0, stream, w);
    return e == cudaSuccess ? LAUNCH(k->apply, blocks, GN_THREADS, 0, stream, w) : e;
}
