/* Causal attention of short sequences: softmax(factor q k^T) v where query i sees the keys up to i, for at most 128
 * keys and heads of at most 128 columns, f32 or f16, in one pass.
 *
 * A block takes QUERIES queries of a head and keeps the keys and values that they see in shared memory; a warp takes
 * two queries at a time. A lane scores keys lane, lane + 32, ..., the warp makes them shares, and a lane sums columns 2
 * lane and 2 lane + 1, and 64 further on.
 *
 * What bounds it: the text encoder's 12 heads of 77 tokens and 64 columns are 2 * 77 * 77 * 64 FLOP each, half of 4 T S
 * D, and 77 * 64 * 4 values read and written: 9.6 FLOP per byte in f16, but only 36 MFLOP and 0.9 MB for a batch of
 * two. Neither arithmetic nor memory is busy for a microsecond: what is left is the latency of one launch, one round
 * trip to memory and about 80 dependent steps of a sum. So the queries of a head are spread over blocks, each of which
 * loads what it needs. */
#include "pipeline/runtime/cuda/kernels/attention_view.cuh"

#include <math.h>

namespace
{

enum { WARPS = 8, AT_ONCE = 2, QUERIES = WARPS * AT_ONCE, LANE_KEYS = ATTENTION_CAUSAL_KEYS / 32 };
enum { WIDEST = 128, LANE_PAIRS = WIDEST / 64, VECTOR_BYTES = 16 };

struct task {
    head_view q, k, v, y;
    int queries, keys, width;
    int pitch;  /* elements from row to row in shared memory */
    bool wide;  /* rows of q, k and v are whole vectors of 16 bytes */
    bool pairs; /* y is written two columns at a time */
    float scale;
};

template <class T> struct vector {
    enum { LENGTH = VECTOR_BYTES / sizeof(T) };
    T of[LENGTH];
};

__device__ float to_float(float x)
{
    return x;
}
__device__ float to_float(__half x)
{
    return __half2float(x);
}
__device__ void from_float(float *to, float x)
{
    *to = x;
}
__device__ void from_float(__half *to, float x)
{
    *to = __float2half_rn(x);
}

/* Elements from row to row: whole vectors, an odd number of them, so that 8 rows lie in different banks. */
template <class T> __host__ __device__ int pitch_of(int width)
{
    const int length = vector<T>::LENGTH;
    int vectors = (width + length - 1) / length;
    return (vectors | 1) * length;
}

/* One vector of a row with `left` more columns; what is past the end becomes 0. */
template <class T> __device__ vector<T> load(const T *from, int left, bool wide)
{
    vector<T> x;
    if (wide && left >= vector<T>::LENGTH) {
        uint4 bits = *reinterpret_cast<const uint4 *>(from);
        memcpy(&x, &bits, sizeof x);
        return x;
    }
#pragma unroll
    for (int i = 0; i < vector<T>::LENGTH; i++)
        x.of[i] = i < left ? from[i] : T(0.0f);
    return x;
}

/* Rows of `from` into shared memory: as they are, or as floats. */
template <class T, class S> __device__ void copy_rows(const task &a, S *to, const T *from, int64_t stride, int rows)
{
    const int length = vector<T>::LENGTH, vectors = a.pitch / length;
    for (int i = threadIdx.x; i < rows * vectors; i += blockDim.x) {
        int row = i / vectors, column = i % vectors * length;
        vector<T> x = load(from + row * stride + column, a.width - column, a.wide);
#pragma unroll
        for (int e = 0; e < length; e++)
            to[row * a.pitch + column + e] = S(x.of[e]);
    }
}

__device__ float warp_max(float x)
{
#pragma unroll
    for (int d = 16; d > 0; d /= 2)
        x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, d));
    return x;
}

__device__ float warp_sum(float x)
{
#pragma unroll
    for (int d = 16; d > 0; d /= 2)
        x += __shfl_xor_sync(0xffffffffu, x, d);
    return x;
}

/* Two queries, q and its successor in shared memory, times the lane's keys. */
template <class T>
__device__ void score_keys(const task &a, float (&score)[AT_ONCE][LANE_KEYS], const float *q, const T *k, int seen)
{
    const int lane = threadIdx.x % 32, length = vector<T>::LENGTH;
#pragma unroll
    for (int j = 0; j < LANE_KEYS; j++)
        score[0][j] = score[1][j] = 0;
    for (int d = 0; d < a.width; d += length) {
#pragma unroll
        for (int j = 0; j < LANE_KEYS; j++) {
            if (lane + 32 * j >= seen)
                continue;
            vector<T> key = load(k + (lane + 32 * j) * a.pitch + d, length, true);
#pragma unroll
            for (int e = 0; e < length; e++) {
                float x = to_float(key.of[e]);
                score[0][j] += q[d + e] * x;
                score[1][j] += q[a.pitch + d + e] * x;
            }
        }
    }
}

/* Scores become shares, in shared memory; the sum that they have to be divided by. */
__device__ float make_shares(const task &a, const float (&score)[LANE_KEYS], float *share, int seen)
{
    const int lane = threadIdx.x % 32;
    float x[LANE_KEYS], most = -INFINITY, sum = 0;
#pragma unroll
    for (int j = 0; j < LANE_KEYS; j++) {
        x[j] = lane + 32 * j < seen ? score[j] * a.scale : -INFINITY;
        most = fmaxf(most, x[j]);
    }
    most = warp_max(most);
#pragma unroll
    for (int j = 0; j < LANE_KEYS; j++) {
        x[j] = exp2f(x[j] - most);
        sum += x[j];
        share[AT_ONCE * (lane + 32 * j)] = x[j];
    }
    return warp_sum(sum);
}

template <class T> __device__ void write_pair(const task &a, T *to, int column, float x, float y)
{
    vector<T> pair;
    from_float(&pair.of[0], x);
    from_float(&pair.of[1], y);
    if (a.pairs && column + 2 <= a.width) {
        struct __align__(2 * sizeof(T)) two
        {
            T of[2];
        };
        *reinterpret_cast<two *>(to + column) = {{pair.of[0], pair.of[1]}};
        return;
    }
    if (column < a.width)
        to[column] = pair.of[0];
    if (column + 1 < a.width)
        to[column + 1] = pair.of[1];
}

template <class T> __global__ void __launch_bounds__(32 * WARPS) attention_causal(const task a)
{
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, first_query = blockIdx.x * QUERIES;
    const int queries = min(QUERIES, a.queries - first_query), keys = min(a.keys, first_query + queries);
    SHARED_OF_LAUNCH(float, q);                                                    /* (QUERIES, pitch) */
    float *share = q + QUERIES * a.pitch;                                          /* (WARPS, keys, AT_ONCE) */
    T *k = reinterpret_cast<T *>(share + WARPS * ATTENTION_CAUSAL_KEYS * AT_ONCE); /* (keys, pitch) */
    T *v = k + keys * a.pitch;

    copy_rows(a, q, head_of<T>(a.q) + first_query * a.q.row, a.q.row, queries);
    copy_rows(a, k, head_of<T>(a.k), a.k.row, keys);
    copy_rows(a, v, head_of<T>(a.v), a.v.row, keys);
    __syncthreads();

    const int of_block = warp * AT_ONCE;
    if (of_block >= queries)
        return; /* the whole warp; no barrier follows */
    /* A second query that does not exist is computed from whatever lies there, and not written. */
    int there = min(AT_ONCE, queries - of_block), seen[AT_ONCE];
    for (int i = 0; i < AT_ONCE; i++)
        seen[i] = min(keys, first_query + of_block + i + 1);
    share += warp * ATTENTION_CAUSAL_KEYS * AT_ONCE;

    float score[AT_ONCE][LANE_KEYS], sum[AT_ONCE];
    score_keys(a, score, q + of_block * a.pitch, k, seen[AT_ONCE - 1]);
#pragma unroll
    for (int i = 0; i < AT_ONCE; i++)
        sum[i] = make_shares(a, score[i], share + i, seen[i]);
    __syncwarp();

    float2 result[AT_ONCE][LANE_PAIRS] = {};
    for (int j = 0; j < seen[AT_ONCE - 1]; j++) {
#pragma unroll
        for (int c = 0; c < LANE_PAIRS; c++) {
            int column = 2 * lane + 64 * c;
            if (column >= a.width)
                continue;
            float x = to_float(v[j * a.pitch + column]), y = to_float(v[j * a.pitch + column + 1]);
#pragma unroll
            for (int i = 0; i < AT_ONCE; i++) {
                result[i][c].x += share[AT_ONCE * j + i] * x;
                result[i][c].y += share[AT_ONCE * j + i] * y;
            }
        }
    }

    T *y = head_to_write<T>(a.y) + (first_query + of_block) * a.y.row;
#pragma unroll
    for (int i = 0; i < AT_ONCE; i++)
#pragma unroll
        for (int c = 0; c < LANE_PAIRS; c++)
            if (i < there)
                write_pair(a, y + i * a.y.row, 2 * lane + 64 * c, result[i][c].x / sum[i], result[i][c].y / sum[i]);
}

template <class T> cudaError_t start(const struct attention *l, task a, cudaStream_t stream)
{
    const int length = vector<T>::LENGTH;
    a.pitch = pitch_of<T>(a.width);
    a.wide =
        aligned(&l->q, length, sizeof(T)) && aligned(&l->k, length, sizeof(T)) && aligned(&l->v, length, sizeof(T));
    a.pairs = aligned(&l->y, 2, sizeof(T));
    size_t floats = (size_t)QUERIES * a.pitch + WARPS * ATTENTION_CAUSAL_KEYS * AT_ONCE;
    size_t bytes = floats * sizeof(float) + 2 * (size_t)a.keys * a.pitch * sizeof(T);
    if (bytes > l->shared_bytes)
        return cudaErrorInvalidConfiguration;
#ifndef SDBENCH_CUDA_ON_HOST
    cudaError_t error = cudaFuncSetAttribute(reinterpret_cast<const void *>(attention_causal<T>),
                                             cudaFuncAttributeMaxDynamicSharedMemorySize, (int)bytes);
    if (error != cudaSuccess)
        return error;
#endif
    dim3 grid((unsigned)((a.queries + QUERIES - 1) / QUERIES), (unsigned)l->q.dim[1], (unsigned)l->q.dim[0]);
    return LAUNCH(attention_causal<T>, grid, dim3(32 * WARPS), bytes, stream, a);
}

} // namespace

cudaError_t launch_attention_causal(const struct attention *l, cudaStream_t stream)
{
    enum dtype dtype = l->q.dtype;
    int64_t width = l->q.dim[3], queries = l->q.dim[2], keys = l->k.dim[2];
    if (!l->causal || width < 1 || width > WIDEST || keys < 1 || keys > ATTENTION_CAUSAL_KEYS ||
        queries > ATTENTION_CAUSAL_KEYS)
        return cudaErrorInvalidValue;
    if (l->k.dtype != dtype || l->v.dtype != dtype || l->y.dtype != dtype || l->q.stride[3] != 1 ||
        l->k.stride[3] != 1 || l->v.stride[3] != 1 || l->y.stride[3] != 1)
        return cudaErrorInvalidValue;

    task a = {};
    a.q = view_of(&l->q);
    a.k = view_of(&l->k);
    a.v = view_of(&l->v);
    a.y = view_of(&l->y);
    a.queries = (int)queries;
    a.keys = (int)keys;
    a.width = (int)width;
    a.scale = (float)(l->factor * M_LOG2E); /* scores are exponents of 2 */
    if (dtype == DTYPE_f32)
        return start<float>(l, a, stream);
    if (dtype == DTYPE_f16)
        return start<__half>(l, a, stream);
    return cudaErrorInvalidValue;
}
