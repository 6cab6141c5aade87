/* Kernels with one mistake each, for the test of the emulation: emulated_faults NAME runs one of them. Prints results
 * that have to be the same in any order of threads, or `order`: which thread came first. */
#include "pipeline/runtime/cuda/kernels/device.h"

#include <stdio.h>
#include <string.h>

extern "C" cudaError_t fake_launch_shaped(cudaStream_t, const char *, const fake_shape *, void (*run)(void *),
                                          void *closure, void (*drop)(void *))
{
    run(closure);
    drop(closure);
    return cudaSuccess;
}

namespace
{

enum { THREADS = 96, BLOCKS = 5 };

/* Sums of each block by shuffles, static and dynamic shared memory. */
template <class T> __global__ void sums(const T *x, T *y)
{
    __shared__ T of_warp[THREADS / 32];
    SHARED_OF_LAUNCH(T, copy);
    copy[threadIdx.x] = x[blockIdx.x * blockDim.x + threadIdx.x];
    __syncthreads();
    T sum = copy[THREADS - 1 - threadIdx.x];
    for (int d = 16; d > 0; d /= 2)
        sum += __shfl_xor_sync(0xffffffffu, sum, d);
    if (threadIdx.x % 32 == 0)
        of_warp[threadIdx.x / 32] = sum;
    __syncthreads();
    if (threadIdx.x == 0)
        y[blockIdx.x] = of_warp[0] + of_warp[1] + of_warp[2];
}

__global__ void votes(unsigned *y)
{
    unsigned odd = __ballot_sync(0xffffffffu, threadIdx.x % 2), quarter = __shfl_sync(0xffffffffu, threadIdx.x, 3, 8);
    unsigned up = __shfl_up_sync(0xffffffffu, threadIdx.x, 2, 16),
             down = __shfl_down_sync(0xffffffffu, threadIdx.x, 2, 16);
    int all = __all_sync(0xffffffffu, threadIdx.x < THREADS), any = __any_sync(0xffffffffu, threadIdx.x == 40);
    if (threadIdx.x < 32 && threadIdx.x % 31 == 0) {
        unsigned *to = y + 6 * (threadIdx.x / 31);
        to[0] = odd, to[1] = quarter, to[2] = up, to[3] = down, to[4] = (unsigned)all, to[5] = (unsigned)any;
    }
}

__global__ void order(unsigned *y)
{
    y[atomicAdd(&y[0], 1u) + 1] = blockIdx.x * blockDim.x + threadIdx.x;
}

/* What shared memory holds before anything is written. */
__global__ void untouched(unsigned *y)
{
    __shared__ unsigned mine[2];
    SHARED_OF_LAUNCH(unsigned, asked);
    if (threadIdx.x == 0) {
        y[2 * blockIdx.x] = mine[1];
        y[2 * blockIdx.x + 1] = asked[0];
        mine[1] = asked[0] = 7;
    }
}

__global__ void some_wait()
{
    if (threadIdx.x < 40)
        __syncthreads();
}

__global__ void two_barriers()
{
    if (threadIdx.x < 40)
        __syncthreads();
    else
        __syncthreads();
}

__global__ void lanes_missing(int *y)
{
    if (threadIdx.x % 32 != 5)
        y[0] = __shfl_xor_sync(0xffffffffu, 1, 4);
}

__global__ void reads_missing_lane(int *y)
{
    if (threadIdx.x % 32 < 16)
        y[0] = __shfl_sync(0x0000ffffu, 1, 20);
}

__global__ void own_lane_missing(int *y)
{
    y[0] = __shfl_sync(0x0000ffffu, 1, 0);
}

__global__ void past_the_end()
{
    SHARED_OF_LAUNCH(char, c);
    c[threadIdx.x] = 1;
}

__global__ void waits_flat()
{
    __syncthreads();
}

} // namespace

static float x[BLOCKS * THREADS], y[BLOCKS];
static unsigned seen[BLOCKS * THREADS + 1];
static int z[1];

static void print(int from, int n)
{
    for (int i = 0; i < n; i++)
        printf("%x ", seen[from + i]);
    printf("\n");
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    for (int i = 0; i < BLOCKS * THREADS; i++)
        x[i] = (float)(i % 37) / 7;
#define CASE(kernel) if (strcmp(name, #kernel) == 0)
    CASE(sums)
    {
        LAUNCH(sums<float>, BLOCKS, THREADS, THREADS * sizeof(float), 0, x, y);
        for (int i = 0; i < BLOCKS; i++)
            printf("%a ", (double)y[i]);
        printf("\n");
    }
    CASE(votes)
    {
        LAUNCH(votes, 1, THREADS, 0, 0, seen);
        print(0, 12);
    }
    CASE(order)
    {
        LAUNCH(order, BLOCKS, dim3(8, 12), 0, 0, seen);
        print(1, 20);
    }
    CASE(untouched)
    {
        LAUNCH(untouched, BLOCKS, THREADS, 4, 0, seen);
        print(0, 2 * BLOCKS);
    }
    CASE(too_many)
    {
        int codes[] = {LAUNCH(some_wait, 1, 1025, 0, 0), LAUNCH(some_wait, 1, 32, 228 << 10, 0),
                       LAUNCH(some_wait, dim3(1, 65536), 32, 0, 0), LAUNCH(some_wait, 0, 32, 0, 0)};
        for (int i = 0; i < 4; i++)
            printf("%d ", codes[i] == cudaErrorInvalidConfiguration);
        printf("\n");
    }
    CASE(some_wait) LAUNCH(some_wait, 1, THREADS, 0, 0);
    CASE(two_barriers) LAUNCH(two_barriers, 1, THREADS, 0, 0);
    CASE(lanes_missing) LAUNCH(lanes_missing, 1, THREADS, 0, 0, z);
    CASE(reads_missing_lane) LAUNCH(reads_missing_lane, 1, THREADS, 0, 0, z);
    CASE(own_lane_missing) LAUNCH(own_lane_missing, 1, THREADS, 0, 0, z);
    CASE(past_the_end) LAUNCH(past_the_end, 1, THREADS, THREADS - 1, 0);
    CASE(waits_flat) LAUNCH_FLAT(waits_flat, 1, THREADS, 0);
    return 0;
}
