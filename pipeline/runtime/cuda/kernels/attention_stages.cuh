/* How keys and values reach shared memory in attention.cu: in stages, one in use and one on its way. A stage is `chunk`
 * columns of a tile of keys, with those of the queries where these do not stay in shared memory, or `value_keys` rows
 * of values. Chips from sm_80 on copy while they compute; older ones copy first. */
#ifndef SDBENCH_CUDA_KERNELS_ATTENTION_STAGES_CUH
#define SDBENCH_CUDA_KERNELS_ATTENTION_STAGES_CUH

#include "pipeline/runtime/cuda/kernels/attention_view.cuh"

namespace
{

struct task {
    head_view q, k, v, y;
    int queries, keys, width; /* T, S, D */
    float scale;              /* factor log2(e): scores are exponents of 2 */
    bool causal, wide;        /* wide: rows of q, k and v are whole vectors of 16 bytes */
    bool resident;            /* queries stay in shared memory */
    bool pairs;               /* y is written 8 bytes at a time */
    int chunk, chunks;        /* columns of a stage of keys; stages of a tile */
    unsigned chunk_divisor;   /* i / (chunk / 4) is the upper half of i times this */
    int value_keys;
    int stage; /* floats */
};

/* Floats from row to row in shared memory: an odd number of vectors, so that 8 rows lie in different banks. */
__host__ __device__ constexpr int pitch_of(int columns)
{
    return columns % 8 == 0 ? columns + 4 : columns;
}

__device__ void copy_vector(float *to, const float *from)
{
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;"
                 :
                 : "r"((unsigned)__cvta_generic_to_shared(to)), "l"(from)
                 : "memory");
#else
    *reinterpret_cast<float4 *>(to) = *reinterpret_cast<const float4 *>(from);
#endif
}

__device__ void wait_for_copies()
{
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_all;" : : : "memory");
#endif
}

/* One vector of a row with `left` more columns; what is past the end becomes 0. */
__device__ void copy_columns(float *to, const float *from, int left, bool wide)
{
    if (wide && left >= 4) {
        copy_vector(to, from);
        return;
    }
#pragma unroll
    for (int i = 0; i < 4; i++)
        to[i] = i < left ? from[i] : 0.0f;
}

/* `rows` rows of `chunk` columns from column `first` on, `there` of which exist. */
__device__ void copy_chunk(const task &a, float *to, int pitch, int rows, const float *from, int64_t stride, int there,
                           int first)
{
    int vectors = a.chunk / 4;
#pragma unroll 1
    for (int i = threadIdx.x; i < rows * vectors; i += blockDim.x) {
        int row = (int)__umulhi((unsigned)i, a.chunk_divisor), column = 4 * (i - row * vectors);
        int left = row < there ? a.width - first - column : 0;
        copy_columns(to + row * pitch + column, from + row * stride + first + column, left, a.wide);
    }
}

template <int WIDTH> __device__ void copy_values(const task &a, float *to, const float *from, int64_t stride, int there)
{
#pragma unroll 1
    for (int i = threadIdx.x; i < a.value_keys * (WIDTH / 4); i += blockDim.x) {
        int row = i / (WIDTH / 4), column = 4 * (i % (WIDTH / 4));
        int left = row < there ? a.width - column : 0;
        copy_columns(to + row * WIDTH + column, from + row * stride + column, left, a.wide);
    }
}

/* The stages of a block's head: where they come from, and which is next. A tile is LANES x KEYS keys. */
template <int LANES, int PAIRS, int KEYS> struct stages {
    enum { TILE = LANES * KEYS, WIDTH = 2 * LANES * PAIRS };
    const float *q, *k, *v; /* of the block's first query, of key 0 */
    float *buffer;          /* two stages */
    int block_rows, queries, tiles, of_tile;
    int next_tile, next, turn;

    __device__ void issue(const task &a)
    {
        if (next_tile == tiles)
            return;
        float *to = buffer + (turn & 1) * a.stage;
        int key = next_tile * TILE, pitch = pitch_of(a.chunk);
        if (next < a.chunks) {
            copy_chunk(a, to, pitch, TILE, k + key * a.k.row, a.k.row, a.keys - key, next * a.chunk);
            if (!a.resident)
                copy_chunk(a, to + TILE * pitch, pitch, block_rows, q, a.q.row, queries, next * a.chunk);
        } else {
            key += (next - a.chunks) * a.value_keys;
            copy_values<WIDTH>(a, to, v + key * a.v.row, a.v.row, a.keys - key);
        }
        turn++;
        if (++next == of_tile) {
            next = 0;
            next_tile++;
        }
    }

    /* The stage to work on. Whoever passes the barrier knows that the other one is no longer read. */
    __device__ const float *take(const task &a)
    {
        const float *now = buffer + ((turn - 1) & 1) * a.stage;
        wait_for_copies();
        __syncthreads();
        issue(a);
        return now;
    }
};

} // namespace

#endif
