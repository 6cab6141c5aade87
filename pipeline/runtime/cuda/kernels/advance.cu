/* next = counter + 1, for the counter of steps on the device; next may be the counter. Bound by the launch. */
#include "pipeline/runtime/cuda/kernels/device.h"

#include "pipeline/runtime/cuda/kernels/instances.cuh"

enum { THREADS = 32 };

static __global__ void __launch_bounds__(THREADS) advance_kernel(const int32_t *counter, int32_t *next, int64_t count)
{
    const int64_t at = (int64_t)blockIdx.x * THREADS + threadIdx.x;
    if (at < count)
        next[at] = counter[at] + 1;
}

cudaError_t launch_advance(const int32_t *counter, int32_t *next, int64_t count, cudaStream_t stream)
{
    if (count == 0)
        return cudaSuccess;
    return LAUNCH_FLAT(advance_kernel, blocks_for(count, THREADS), THREADS, stream, counter, next, count);
}
