/* Images in [-1,1] to levels 0..255: (x + 1) / 2 * 255, cut, or rounded with halves to even; beyond the ends the nearest
 * level, NaN becomes 0. Both are channels last, so that it is one run of `count` values.
 *
 * One fused multiplication and addition makes the level, rounded once: a level that falls on the other side of a whole
 * number than in exact arithmetic is one in some 10^5.
 *
 * Bound by memory: 2 or 4 bytes read and 1 written for each value, 16 values a thread or one where addresses are odd;
 * 512x512 pictures are 2.4 MB each in f16, which the decoder has just left in the L2 cache. */
#include "pipeline/runtime/cuda/kernels/device.h"

#include "pipeline/runtime/cuda/kernels/instances.cuh"
#include "pipeline/runtime/cuda/kernels/values.cuh"

enum { THREADS = 256, SEVERAL = 16 };

template <typename R, int N> static __global__ void __launch_bounds__(THREADS) pixels_kernel(struct pixels p)
{
    const int64_t at = ((int64_t)blockIdx.x * THREADS + threadIdx.x) * N;
    if (at >= p.count)
        return;
    float x[N];
    load(x, (const R *)p.image + at);
#pragma unroll
    for (int i = 0; i < N; i++) {
        const float level = fminf(fmaxf(fmaf(x[i], 127.5f, 127.5f), 0.f), 255.f);
        x[i] = p.rounded ? rintf(level) : level;
    }
    store(p.y + at, x);
}

cudaError_t launch_pixels(const struct pixels *p, cudaStream_t stream)
{
    static void (*const kernels[2][2])(struct pixels) = {{pixels_kernel<float, 1>, pixels_kernel<half, 1>},
                                                         {pixels_kernel<float, SEVERAL>, pixels_kernel<half, SEVERAL>}};
    if (!is_float_type(p->read))
        return cudaErrorInvalidValue;
    if (p->count == 0)
        return cudaSuccess;
    const bool several = p->count % SEVERAL == 0 && is_aligned(p->image, 16) && is_aligned(p->y, SEVERAL);
    const unsigned int blocks = blocks_for(divide_up(p->count, several ? SEVERAL : 1), THREADS);
    return LAUNCH_FLAT(kernels[several][type_index(p->read)], blocks, THREADS, stream, *p);
}
