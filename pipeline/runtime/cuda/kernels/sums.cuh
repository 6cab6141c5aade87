/* Sums and maxima over the threads of a warp or a block, in a fixed order; every thread gets the result. All threads of
 * the warp (block) take part. */
#ifndef SDBENCH_CUDA_KERNELS_SUMS_CUH
#define SDBENCH_CUDA_KERNELS_SUMS_CUH

#include "pipeline/runtime/cuda/kernels/device.h"

enum { WARP = 32 };
#define ALL_LANES 0xffffffffu

static __device__ __forceinline__ float warp_sum(float x)
{
#pragma unroll
    for (int distance = WARP / 2; distance > 0; distance /= 2)
        x += __shfl_xor_sync(ALL_LANES, x, distance);
    return x;
}

static __device__ __forceinline__ float warp_max(float x)
{
#pragma unroll
    for (int distance = WARP / 2; distance > 0; distance /= 2)
        x = fmaxf(x, __shfl_xor_sync(ALL_LANES, x, distance));
    return x;
}

/* WARPS warps of one block; `shared` holds WARPS floats that nobody else uses. */
template <int WARPS> static __device__ __forceinline__ float block_sum(float x, float *shared)
{
    x = warp_sum(x);
    if (WARPS == 1)
        return x;
    if (threadIdx.x % WARP == 0)
        shared[threadIdx.x / WARP] = x;
    __syncthreads();
    x = shared[0];
#pragma unroll
    for (int i = 1; i < WARPS; i++)
        x += shared[i];
    return x;
}

template <int WARPS> static __device__ __forceinline__ float block_max(float x, float *shared)
{
    x = warp_max(x);
    if (WARPS == 1)
        return x;
    if (threadIdx.x % WARP == 0)
        shared[threadIdx.x / WARP] = x;
    __syncthreads();
    x = shared[0];
#pragma unroll
    for (int i = 1; i < WARPS; i++)
        x = fmaxf(x, shared[i]);
    return x;
}

#endif
