/* The first half of group_norm: mean and sum of squared distances of each group over the pixels of a block. */
#ifndef SDBENCH_CUDA_KERNELS_GROUP_NORM_STATISTICS_CUH
#define SDBENCH_CUDA_KERNELS_GROUP_NORM_STATISTICS_CUH

#include "pipeline/runtime/cuda/kernels/group_norm_block.cuh"
#include "pipeline/runtime/cuda/kernels/sums.cuh"
#include "pipeline/runtime/cuda/kernels/values.cuh"

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
            const int from = max(g * w.shape.width, first * N),
                      to = min((g + 1) * w.shape.width, (first + p.columns) * N);
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

#endif
