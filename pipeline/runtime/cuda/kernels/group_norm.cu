/* Normalises groups of channels of channels-last images (N,H,W,C) over the image, then weight, bias and an activation;
 * the channels come from up to three tensors side by side, so that a concatenation is never written.
 *
 * Two kernels: the first writes mean and sum of squared distances of each group over each chunk of pixels, the second
 * joins those of all chunks and normalises. Where a block can do all pixels of its channels, one kernel does both.
 * Group widths are whatever they are (10 and 30 in the UNet): a thread keeps sums of each channel that it reads, and
 * only the sums are joined to groups. Nothing subtracts large numbers: distances are taken from a value of the channel
 * itself, then from means, and parts of n_i values are joined in a fixed order:
 *
 *     mean = sum n_i mean_i / sum n_i
 *     m2   = sum (m2_i + n_i (mean_i - mean)^2)
 *
 * Bound by memory: x is read twice, y written once: 6 bytes an element in f16, 12 in f32; 2 and 4 less where one block
 * does it all. The second read comes from the L2 cache where the tensor fits there, as in the UNet at batch 6 (15.7 MB
 * at most but for concatenations), so one may expect between 4 and 6 bytes an element at 80 % of the memory's speed.
 * With SiLU some 20 instructions an element keep f16 near the limit of the arithmetic too. */
#include "pipeline/runtime/cuda/kernels/device.h"

#include "pipeline/runtime/cuda/kernels/activations.cuh"
#include "pipeline/runtime/cuda/kernels/group_norm_statistics.cuh"

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

template <typename R, int N>
static __global__ void __launch_bounds__(GN_THREADS, 4) gn_statistics_kernel(struct gn_work w)
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
#define OF_SIZE(R, W, N)                                                               \
    {                                                                                  \
        gn_statistics_kernel<R, N>, gn_apply_kernel<R, W, N>, gn_whole_kernel<R, W, N> \
    }
#define ONE_BY_ONE(R, W) OF_SIZE(R, W, 1)
#define SEVERAL(R, W)    OF_SIZE(R, W, (at_once<R, W>::values))
    static const struct gn_kernels kernels[2][2][2] = {BY_TYPES(ONE_BY_ONE), BY_TYPES(SEVERAL)};
    return &kernels[several][type_index(g->read)][type_index(g->write)];
}

/* Whether n channels of every tensor lie together and aligned. */
static bool gn_moves_at_once(const struct group_norm *g, int n)
{
    bool even = is_aligned(g->y, n * dtype_bytes(g->write)) && is_aligned(g->weight, 16) && is_aligned(g->bias, 16);
    for (int i = 0; i < NORM_SOURCES; i++)
        even =
            even && g->channels[i] % n == 0 && (!g->channels[i] || is_aligned(g->source[i], n * dtype_bytes(g->read)));
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
