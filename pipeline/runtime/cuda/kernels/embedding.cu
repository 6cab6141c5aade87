/* Rows of a table: y[i] = table[ids[i]], rows of `width`, both dense. An id that the table does not have gives NaN, which
 * shows in whatever is made of it.
 *
 * A thread makes N neighbours of a row; rows over the grid's y.
 *
 * Bound by latency: 77 tokens of 768 channels are some 60 kB, two dependent reads from memory (an id, then its row), and
 * the time of a launch. In bytes: each element of the result is read once and written once. */
#include "pipeline/runtime/cuda/kernels/device.h"

#include "pipeline/runtime/cuda/kernels/instances.cuh"
#include "pipeline/runtime/cuda/kernels/values.cuh"

enum { THREADS = 128 };

template <typename R, typename W, int N> static __global__ void __launch_bounds__(THREADS) embedding_kernel(struct embedding e)
{
    const int64_t at = ((int64_t)blockIdx.x * THREADS + threadIdx.x) * N;
    if (at >= e.width)
        return;
    for (int64_t i = blockIdx.y; i < e.count; i += gridDim.y) {
        const int64_t id = e.ids[i];
        float x[N];
        if (id >= 0 && id < e.rows)
            load(x, (const R *)e.table + id * e.width + at);
        else
            load_some(x, (const R *)e.table, 0, 0, NAN);
        store((W *)e.y + i * e.width + at, x);
    }
}

cudaError_t launch_embedding(const struct embedding *e, cudaStream_t stream)
{
#define ONE_BY_ONE(R, W) embedding_kernel<R, W, 1>
#define SEVERAL(R, W)    embedding_kernel<R, W, at_once<R, W>::values>
    static void (*const kernels[2][2][2])(struct embedding) = {BY_TYPES(ONE_BY_ONE), BY_TYPES(SEVERAL)};
    if (!is_float_type(e->read) || !is_float_type(e->write))
        return cudaErrorInvalidValue;
    if (e->count == 0 || e->width == 0)
        return cudaSuccess;
    const int n = values_at_once(e->read, e->write);
    const bool several = e->width % n == 0 && is_aligned(e->table, n * dtype_bytes(e->read)) &&
                         is_aligned(e->y, n * dtype_bytes(e->write));
    const dim3 grid(blocks_for(divide_up(e->width, several ? n : 1), THREADS), grid_rows(e->count));
    return LAUNCH_FLAT(kernels[several][type_index(e->read)][type_index(e->write)], grid, THREADS, stream, *e);
}
