/* Normalises rows to mean 0 and variance 1, then scales and shifts each of their `width` channels.
 *
 * A warp takes a row and keeps it in registers, up to 2048 values, so that the mean and then the distances to it need no
 * second read: a mean far from zero costs no precision. Wider rows, and those that cannot be read 16 bytes at once, are
 * read three times, the last two from the L1 cache.
 *
 * Bound by memory: every element is read once and written once (4 bytes in f16, 8 in f32), some 6 instructions each;
 * weight and bias stay in the caches. So one may expect the time of a copy: 80 to 90 % of the memory's speed, more where
 * the L2 cache still holds x. */
#include "pipeline/runtime/cuda/kernels/device.h"

#include "pipeline/runtime/cuda/kernels/instances.cuh"
#include "pipeline/runtime/cuda/kernels/sums.cuh"
#include "pipeline/runtime/cuda/kernels/values.cuh"

enum { ROWS = 4 /* of a block, a warp each */, THREADS = ROWS * WARP, WIDEST = 2048 };

/* STEPS accesses of N values for each lane: rows up to STEPS * N * 32 wide, a multiple of N. */
template <typename R, typename W, int STEPS>
static __global__ void __launch_bounds__(THREADS) layer_norm_kernel(struct layer_norm l)
{
    enum { N = at_once<R, W>::values };
    const int64_t row = (int64_t)blockIdx.x * ROWS + threadIdx.x / WARP;
    if (row >= l.rows)
        return;
    const int first = (int)threadIdx.x % WARP * N, width = (int)l.width;
    const R *x = (const R *)l.x + row * l.pitch;
    float value[STEPS][N], sum = 0, squares = 0;
#pragma unroll
    for (int s = 0; s < STEPS; s++) {
        const int at = first + s * WARP * N;
        if (at < width)
            load(value[s], x + at);
        else
            load_some(value[s], x, 0, 0, 0.f);
    }
#pragma unroll
    for (int s = 0; s < STEPS; s++)
#pragma unroll
        for (int i = 0; i < N; i++)
            sum += value[s][i];
    const float mean = warp_sum(sum) / (float)width;
#pragma unroll
    for (int s = 0; s < STEPS; s++)
#pragma unroll
        for (int i = 0; i < N; i++) {
            value[s][i] -= mean;
            squares = first + s * WARP * N < width ? fmaf(value[s][i], value[s][i], squares) : squares;
        }
    const float scale = 1.f / sqrtf(warp_sum(squares) / (float)width + l.eps);
    W *y = (W *)l.y + row * width;
#pragma unroll
    for (int s = 0; s < STEPS; s++) {
        const int at = first + s * WARP * N;
        if (at >= width)
            break;
        float weight[N], bias[N];
        load(weight, l.weight + at);
        load(bias, l.bias + at);
#pragma unroll
        for (int i = 0; i < N; i++)
            value[s][i] = fmaf(value[s][i] * scale, weight[i], bias[i]);
        store(y + at, value[s]);
    }
}

template <typename R, typename W> static __global__ void __launch_bounds__(THREADS) layer_norm_any_kernel(struct layer_norm l)
{
    const int64_t row = (int64_t)blockIdx.x * ROWS + threadIdx.x / WARP;
    if (row >= l.rows)
        return;
    const int lane = (int)threadIdx.x % WARP;
    const R *x = (const R *)l.x + row * l.pitch;
    W *y = (W *)l.y + row * l.width;
    float sum = 0, squares = 0;
    for (int64_t i = lane; i < l.width; i += WARP)
        sum += as_float(x[i]);
    const float mean = warp_sum(sum) / (float)l.width;
    for (int64_t i = lane; i < l.width; i += WARP) {
        const float d = as_float(x[i]) - mean;
        squares = fmaf(d, d, squares);
    }
    const float scale = 1.f / sqrtf(warp_sum(squares) / (float)l.width + l.eps);
    for (int64_t i = lane; i < l.width; i += WARP)
        put(y + i, fmaf((as_float(x[i]) - mean) * scale, l.weight[i], l.bias[i]));
}

typedef void layer_norm_fn(struct layer_norm l);

/* Instances for rows of so many values a lane. */
enum { SIZES = 4 };
static const int sizes[SIZES] = {16, 24, 40, WIDEST / WARP};

static layer_norm_fn *instance_of_size(const struct layer_norm *l, int size)
{
#define OF_SIZE(R, W)                                                                                        \
    {                                                                                                        \
        layer_norm_kernel<R, W, 16 / at_once<R, W>::values>, layer_norm_kernel<R, W, 24 / at_once<R, W>::values>, \
            layer_norm_kernel<R, W, 40 / at_once<R, W>::values>,                                             \
            layer_norm_kernel<R, W, WIDEST / WARP / at_once<R, W>::values>                                   \
    }
    static layer_norm_fn *const kernels[2][2][SIZES] = BY_TYPES(OF_SIZE);
    return kernels[type_index(l->read)][type_index(l->write)][size];
}

static layer_norm_fn *instance(const struct layer_norm *l)
{
#define OF_ANY_SIZE(R, W) layer_norm_any_kernel<R, W>
    static layer_norm_fn *const any[2][2] = BY_TYPES(OF_ANY_SIZE);
    const int n = values_at_once(l->read, l->write);
    const bool even = l->width % n == 0 && l->pitch % n == 0 && is_aligned(l->x, n * dtype_bytes(l->read)) &&
                      is_aligned(l->y, n * dtype_bytes(l->write)) && is_aligned(l->weight, 16) && is_aligned(l->bias, 16);
    for (int i = 0; even && i < SIZES; i++)
        if (l->width <= sizes[i] * WARP)
            return instance_of_size(l, i);
    return any[type_index(l->read)][type_index(l->write)];
}

cudaError_t launch_layer_norm(const struct layer_norm *l, cudaStream_t stream)
{
    if (!is_float_type(l->read) || !is_float_type(l->write))
        return cudaErrorInvalidValue;
    if (l->rows == 0 || l->width == 0)
        return cudaSuccess;
    layer_norm_fn *kernel = instance(l);
    return LAUNCH(kernel, blocks_for(l->rows, ROWS), THREADS, 0, stream, *l);
}
