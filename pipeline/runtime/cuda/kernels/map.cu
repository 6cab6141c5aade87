/* y = factor * activation(a), joined with b: any elementwise operation, conversion or reordering of strided tensors.
 *
 * Shapes: up to four dimensions with any strides, which launch_map joins to as few as possible; the innermost, in the
 * order of y's memory, is the run. A thread makes N neighbours of a run, N filling 16 bytes of the widest operand, and
 * moves each operand at once where its run is contiguous and aligned, else one by one; the last ones of a run may be
 * fewer. A tensor whose run is strided is read at the distances of its memory: the caches then have to keep what a warp
 * leaves for its neighbours.
 *
 * Bound by memory: the bytes of a, b and y once for each element (4 for a cast of f16 to f16, 12 for an f32 sum), less
 * what is broadcast; some 30 instructions for 32 bytes or more leave the arithmetic below that, except for gelu_erf.
 * So one may expect the time of a copy of as many bytes: what has just been written comes from the L2 cache, the
 * rest at 80 to 90 % of the memory's speed. */
#include "pipeline/runtime/cuda/kernels/device.h"

#include "pipeline/runtime/cuda/kernels/activations.cuh"
#include "pipeline/runtime/cuda/kernels/axes.cuh"
#include "pipeline/runtime/cuda/kernels/values.cuh"

enum { THREADS = 256 };

struct map_work {
    void *at[OPERANDS];
    int64_t stride[OPERANDS][AXES];
    bool at_once[OPERANDS];           /* N neighbours of a run are contiguous and aligned */
    uint32_t items, run;              /* items of N values; length of a run */
    struct divisor per_run, dim1, dim2; /* items in a run; sizes of the middle dimensions */
    int activation, join;
    float factor;
};

template <int N, typename T>
static __device__ __forceinline__ void read(float (&x)[N], const struct map_work &m, enum operand o, int64_t at, int n)
{
    const T *from = (const T *)m.at[o] + at;
    if (m.at_once[o] && n == N)
        load(x, from);
    else
        load_some(x, from, n, m.stride[o][RUN], 0.f);
}

template <typename TA, typename TB, typename TY, int N> static __global__ void __launch_bounds__(THREADS) map_kernel(struct map_work m)
{
    const uint32_t item = blockIdx.x * THREADS + threadIdx.x;
    if (item >= m.items)
        return;
    const uint32_t row = divide(item, m.per_run), first = (item - row * m.per_run.by) * N;
    const uint32_t row1 = divide(row, m.dim2), i2 = row - row1 * m.dim2.by;
    const uint32_t i0 = divide(row1, m.dim1), i1 = row1 - i0 * m.dim1.by;
    const int n = m.run - first < N ? (int)(m.run - first) : N;
    int64_t at[OPERANDS];
#pragma unroll
    for (int o = 0; o < OPERANDS; o++)
        at[o] = i0 * m.stride[o][0] + i1 * m.stride[o][1] + i2 * m.stride[o][2] + first * m.stride[o][RUN];

    float x[N], b[N];
    read<N, TA>(x, m, A, at[A], n);
    if (m.join != JOIN_none)
        read<N, TB>(b, m, B, at[B], n);
    activate(x, m.activation);
#pragma unroll
    for (int i = 0; i < N; i++) {
        x[i] *= m.factor;
        if (m.join == JOIN_add)
            x[i] += b[i];
        if (m.join == JOIN_mul)
            x[i] *= b[i];
    }
    TY *to = (TY *)m.at[Y] + at[Y];
    if (m.at_once[Y] && n == N)
        store(to, x);
    else
        store_some(to, x, n, m.stride[Y][RUN]);
}

typedef void map_kernel_fn(struct map_work m);

static map_kernel_fn *instance(enum dtype a, enum dtype b, enum dtype y)
{
#define OF_TYPES(TA, TB)                                                                         \
    {                                                                                            \
        map_kernel<TA, TB, float, 4>, map_kernel<TA, TB, half, sizeof(TA) + sizeof(TB) == 4 ? 8 : 4> \
    }
    static map_kernel_fn *const kernels[2][2][2] = BY_TYPES(OF_TYPES);
    return kernels[type_index(a)][type_index(b)][type_index(y)];
}

static bool moves_at_once(const struct axes *x, int o, const void *at, enum dtype dtype, int n)
{
    bool even = x->stride[o][RUN] == 1 && is_aligned(at, n * dtype_bytes(dtype));
    for (int i = 0; i < RUN; i++)
        even = even && (x->dim[i] == 1 || x->stride[o][i] % n == 0);
    return even;
}

/* Halves of what has too many elements for 32-bit numbers of items: its longest dimension is cut. */
static cudaError_t launch_halves(const struct map *m, cudaStream_t stream)
{
    int longest = 0;
    for (int i = 1; i < AXES; i++)
        longest = m->y.dim[i] > m->y.dim[longest] ? i : longest;
    struct map low = *m, high = *m;
    const int64_t cut = m->y.dim[longest] / 2;
    low.y.dim[longest] = cut;
    high.y.dim[longest] -= cut;
    struct view *views[] = {&high.a, &high.b, &high.y};
    for (struct view *v : views)
        if (v->at)
            v->at = (const char *)v->at + cut * v->stride[longest] * dtype_bytes(v->dtype);
    cudaError_t e = launch_map(&low, stream);
    return e == cudaSuccess ? launch_map(&high, stream) : e;
}

cudaError_t launch_map(const struct map *m, cudaStream_t stream)
{
    const struct view *views[OPERANDS] = {&m->y, &m->a, m->join == JOIN_none ? &m->a : &m->b};
    struct axes all;
    int64_t count = 1;
    for (int i = 0; i < AXES; i++) {
        all.dim[i] = m->y.dim[i];
        count *= m->y.dim[i];
        for (int o = 0; o < OPERANDS; o++)
            all.stride[o][i] = views[o]->stride[i];
    }
    for (int o = 0; o < OPERANDS; o++)
        if (!is_float_type(views[o]->dtype))
            return cudaErrorInvalidValue;
    if (count == 0)
        return cudaSuccess;
    if (count > INT32_MAX)
        return launch_halves(m, stream);

    struct map_work w;
    const struct axes x = axes_join(&all);
    const bool wide = m->a.dtype == DTYPE_f32 || views[B]->dtype == DTYPE_f32 || m->y.dtype == DTYPE_f32;
    const int n = wide ? 4 : 8;
    for (int o = 0; o < OPERANDS; o++) {
        w.at[o] = const_cast<void *>(views[o]->at);
        w.at_once[o] = moves_at_once(&x, o, views[o]->at, views[o]->dtype, n);
        for (int i = 0; i < AXES; i++)
            w.stride[o][i] = x.stride[o][i];
    }
    w.run = (uint32_t)x.dim[RUN];
    w.per_run = divisor_of((uint32_t)divide_up(x.dim[RUN], n));
    w.dim1 = divisor_of((uint32_t)x.dim[1]);
    w.dim2 = divisor_of((uint32_t)x.dim[2]);
    w.items = (uint32_t)(count / x.dim[RUN]) * w.per_run.by;
    w.activation = m->activation;
    w.join = m->join;
    w.factor = m->factor;
    map_kernel_fn *kernel = instance(m->a.dtype, views[B]->dtype, m->y.dtype);
    return LAUNCH_FLAT(kernel, blocks_for(w.items, THREADS), THREADS, stream, w);
}
