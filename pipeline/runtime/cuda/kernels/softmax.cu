/* y = exp(x - max) / sum over rows of `width` scores; of a causal row only the first `seen`, the rest becomes 0, as does
 * the padding up to y's pitch.
 *
 * A warp takes a row of up to 1024 values, a block one of up to 16384, and keeps it in registers: x is read once. Wider
 * rows, and wide ones that cannot be read 16 bytes at once, are read three times. Rows of 77 keys that are padded to 80
 * can be read 16 bytes at once; their last access takes the values one by one.
 *
 * Bound by memory: every element is read once and written once (4 bytes in f16, 8 in f32, 6 from f32 to f16) with some 15
 * instructions for the exponential. So one may expect the time of a copy: 80 to 90 % of the memory's speed. */
#include "pipeline/runtime/cuda/kernels/device.h"

#include "pipeline/runtime/cuda/kernels/instances.cuh"
#include "pipeline/runtime/cuda/kernels/sums.cuh"
#include "pipeline/runtime/cuda/kernels/values.cuh"

enum { SHORT_ROWS = 4 /* of a block, a warp each */, LONG_WARPS = 8 /* of a row */ };

/* A row that `threads` threads go over, N neighbours each at a time. */
struct softmax_row {
    int64_t row, seen; /* of width: values that are not masked */
    int thread, threads;
};

template <int WARPS> static __device__ __forceinline__ struct softmax_row softmax_row_of(const struct softmax &s)
{
    struct softmax_row r;
    r.threads = WARPS * WARP;
    r.thread = (int)threadIdx.x % r.threads;
    r.row = (int64_t)blockIdx.x * (blockDim.x / r.threads) + threadIdx.x / r.threads;
    r.seen = s.causal ? min(r.row % s.queries + 1, s.width) : s.width;
    return r;
}

/* WARPS: of a row; one where several rows share a block. STEPS accesses of N values for each thread. */
template <typename R, typename W, int N, int WARPS, int STEPS>
static __global__ void __launch_bounds__(LONG_WARPS *WARP) softmax_kernel(struct softmax s)
{
    __shared__ float found[2][LONG_WARPS];
    const struct softmax_row r = softmax_row_of<WARPS>(s);
    if (r.row >= s.rows)
        return; /* the whole warp; a block that shares a row has one */
    const R *x = (const R *)s.x + r.row * s.x_pitch;
    float value[STEPS][N], largest = -INFINITY, sum = 0;
#pragma unroll
    for (int i = 0; i < STEPS; i++) {
        const int at = (r.thread + i * r.threads) * N, left = (int)r.seen - at;
        if (left >= N)
            load(value[i], x + at);
        else
            load_some(value[i], x + at, left, 1, -INFINITY);
    }
#pragma unroll
    for (int i = 0; i < STEPS; i++)
#pragma unroll
        for (int j = 0; j < N; j++)
            largest = fmaxf(largest, value[i][j]);
    largest = block_max<WARPS>(largest, found[0]);
#pragma unroll
    for (int i = 0; i < STEPS; i++)
#pragma unroll
        for (int j = 0; j < N; j++) {
            const int64_t at = (r.thread + i * r.threads) * N + j;
            value[i][j] = at < r.seen ? expf(value[i][j] - largest) : 0.f;
            sum += value[i][j];
        }
    const float share = 1.f / block_sum<WARPS>(sum, found[1]);
    W *y = (W *)s.y + r.row * s.y_pitch;
#pragma unroll
    for (int i = 0; i < STEPS; i++) {
        const int at = (r.thread + i * r.threads) * N, left = (int)s.y_pitch - at;
#pragma unroll
        for (int j = 0; j < N; j++)
            value[i][j] *= share;
        if (left >= N)
            store(y + at, value[i]);
        else
            store_some(y + at, value[i], left, 1);
    }
}

template <typename R, typename W>
static __global__ void __launch_bounds__(LONG_WARPS *WARP) softmax_any_kernel(struct softmax s)
{
    __shared__ float found[2][LONG_WARPS];
    const struct softmax_row r = softmax_row_of<LONG_WARPS>(s);
    const R *x = (const R *)s.x + r.row * s.x_pitch;
    W *y = (W *)s.y + r.row * s.y_pitch;
    float largest = -INFINITY, sum = 0;
    for (int64_t i = r.thread; i < r.seen; i += r.threads)
        largest = fmaxf(largest, as_float(x[i]));
    largest = block_max<LONG_WARPS>(largest, found[0]);
    for (int64_t i = r.thread; i < r.seen; i += r.threads)
        sum += expf(as_float(x[i]) - largest);
    const float share = 1.f / block_sum<LONG_WARPS>(sum, found[1]);
    for (int64_t i = r.thread; i < s.y_pitch; i += r.threads)
        put(y + i, i < r.seen ? expf(as_float(x[i]) - largest) * share : 0.f);
}

typedef void softmax_fn(struct softmax s);

/* A kernel, for rows up to `widest` values. */
struct softmax_instance {
    softmax_fn *kernel;
    int warps, widest;
};

static struct softmax_instance instance(const struct softmax *s, bool several)
{
    enum { SIZES = 4 };
    static const struct softmax_instance kinds[SIZES] = {
        {NULL, 1, 256}, {NULL, 1, 1024}, {NULL, LONG_WARPS, 4096}, {NULL, LONG_WARPS, 16384}};
#define OF_SIZE(R, W, N)                                                                           \
    {                                                                                              \
        softmax_kernel<R, W, N, 1, 8 / N>, softmax_kernel<R, W, N, 1, 32 / N>,                     \
            softmax_kernel<R, W, N, LONG_WARPS, 16 / N>, softmax_kernel<R, W, N, LONG_WARPS, 64 / N> \
    }
#define SEVERAL(R, W)     OF_SIZE(R, W, (at_once<R, W>::values))
#define ONE_BY_ONE(R, W)  softmax_kernel<R, W, 1, 1, 8>
#define OF_ANY_SIZE(R, W) softmax_any_kernel<R, W>
    static softmax_fn *const several_at_once[2][2][SIZES] = BY_TYPES(SEVERAL);
    static softmax_fn *const one_by_one[2][2] = BY_TYPES(ONE_BY_ONE), *const any[2][2] = BY_TYPES(OF_ANY_SIZE);
    const int read = type_index(s->read), write = type_index(s->write);
    for (int i = 0; i < SIZES; i++) {
        if (s->y_pitch > kinds[i].widest)
            continue;
        softmax_fn *kernel = several ? several_at_once[read][write][i] : one_by_one[read][write];
        if (several || i == 0)
            return {kernel, kinds[i].warps, kinds[i].widest};
    }
    return {any[read][write], LONG_WARPS, 0};
}

cudaError_t launch_softmax(const struct softmax *s, cudaStream_t stream)
{
    if (!is_float_type(s->read) || !is_float_type(s->write) || (s->causal && s->queries < 1))
        return cudaErrorInvalidValue;
    if (s->rows == 0 || s->y_pitch == 0)
        return cudaSuccess;
    const int n = values_at_once(s->read, s->write);
    const bool several = s->x_pitch % n == 0 && s->y_pitch % n == 0 && is_aligned(s->x, n * dtype_bytes(s->read)) &&
                         is_aligned(s->y, n * dtype_bytes(s->write));
    const struct softmax_instance k = instance(s, several);
    const int rows = k.warps == 1 ? SHORT_ROWS : 1;
    return LAUNCH(k.kernel, blocks_for(s->rows, rows), rows * k.warps * WARP, 0, stream, *s);
}
