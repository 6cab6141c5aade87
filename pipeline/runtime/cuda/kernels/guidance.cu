/* Classifier-free guidance: y = u + factor (c - u) of the unconditional half u and the conditional half c of eps.
 *
 * A thread makes N neighbours, 16 bytes at once where the halves are aligned.
 *
 * Bound by the launch: at 64x64 latents a picture has 16384 values, 16 bytes of traffic each at most, well below a
 * microsecond at any memory's speed. */
#include "pipeline/runtime/cuda/kernels/device.h"

#include "pipeline/runtime/cuda/kernels/instances.cuh"
#include "pipeline/runtime/cuda/kernels/values.cuh"

enum { THREADS = 128 };

template <typename R, typename W, int N> static __global__ void __launch_bounds__(THREADS) guidance_kernel(struct guidance g)
{
    const int64_t at = ((int64_t)blockIdx.x * THREADS + threadIdx.x) * N;
    if (at >= g.count)
        return;
    float u[N], c[N];
    load(u, (const R *)g.eps + at);
    load(c, (const R *)g.eps + g.count + at);
#pragma unroll
    for (int i = 0; i < N; i++)
        u[i] = fmaf(g.factor, c[i] - u[i], u[i]);
    store((W *)g.y + at, u);
}

cudaError_t launch_guidance(const struct guidance *g, cudaStream_t stream)
{
#define ONE_BY_ONE(R, W) guidance_kernel<R, W, 1>
#define SEVERAL(R, W)    guidance_kernel<R, W, at_once<R, W>::values>
    static void (*const kernels[2][2][2])(struct guidance) = {BY_TYPES(ONE_BY_ONE), BY_TYPES(SEVERAL)};
    if (!is_float_type(g->read) || !is_float_type(g->write))
        return cudaErrorInvalidValue;
    if (g->count == 0)
        return cudaSuccess;
    const int n = values_at_once(g->read, g->write);
    const bool several = g->count % n == 0 && is_aligned(g->eps, n * dtype_bytes(g->read)) &&
                         is_aligned(g->y, n * dtype_bytes(g->write));
    const unsigned int blocks = blocks_for(divide_up(g->count, several ? n : 1), THREADS);
    return LAUNCH_FLAT(kernels[several][type_index(g->read)][type_index(g->write)], blocks, THREADS, stream, *g);
}
