/* softmax(factor q k^T) v in float32, with no T x S matrix in memory: queries (T,D) and keys and values (S,D) of each
 * head.
 *
 * What bounds it: 4 T S D FLOP for each head. A block holds `rows` queries and reads each key and value once, from the
 * second-level cache: rows / 2 FLOP per byte, 32 with 64 rows. A chip of 67 TFLOP/s would need 2.1 TB/s of its cache
 * for that, so multiply-adds bound the kernel as long as shared memory keeps up with them. A multiprocessor makes 128
 * multiply-adds a clock and reads 128 bytes of shared memory, a warp's vectors of 16 bytes in 4 clocks where all are
 * different. For four columns of the scores a lane reads 8 vectors of queries and KEYS of keys for 32 KEYS
 * multiply-adds: 64 clocks of reading and 64 of arithmetic with 8 keys. Wide heads have 4 or 2 keys, 32 or 16 clocks of
 * arithmetic, but there 16 or 32 lanes share a query: 8 clocks at the least for queries and 16 or 8 for keys. For one
 * key of the product with the values a lane reads 2 vectors and PAIRS halves of one for 16 PAIRS multiply-adds: 18
 * clocks at most against 20 with 5 pairs. So the bound is the rate of multiply-adds, for heads that fill a size class;
 * the exponentials, one for 2 D multiply-adds at an eighth of their rate, cost 4 / D of it.
 *
 * A block's lanes form groups of LANES, within one warp. A group owns 8 queries: each lane KEYS scores of each for a
 * tile of LANES x KEYS keys, and 2 PAIRS columns of each result. Scores become shares with an online softmax (the
 * largest score so far, and a sum of which each lane keeps its part), pass through the group's own part of shared
 * memory, half a tile at a time, and meet the values. Keys and values arrive in stages, one in use and one on its way:
 * `chunk` columns of a tile of keys, then `value_keys` rows of values, and so on. Where shared memory is short the
 * queries come along with the keys instead of staying there. */
#include "pipeline/runtime/cuda/kernels/attention_stages.cuh"

#include <math.h>

namespace
{

enum { ROWS = 8 };           /* queries of a group */
enum { CHUNK_LEAST = 32 };   /* columns of a stage, where there are as many */
enum { CHUNK_SMALLEST = 8 }; /* heads are padded to it */

/* score[i][j] += the product of query i of the group and key lane + j LANES, over a chunk of columns. */
template <int LANES, int KEYS>
__device__ void add_scores(float (&score)[ROWS][KEYS], const float *q, int q_step, const float *k, int k_step,
                           int chunk)
{
#pragma unroll 1
    for (int d = 0; d < chunk; d += 4) {
        float4 key[KEYS];
#pragma unroll
        for (int j = 0; j < KEYS; j++)
            key[j] = *reinterpret_cast<const float4 *>(k + j * k_step + d);
#pragma unroll
        for (int i = 0; i < ROWS; i++) {
            float4 query = *reinterpret_cast<const float4 *>(q + i * q_step + d);
#pragma unroll
            for (int j = 0; j < KEYS; j++) {
                score[i][j] += query.x * key[j].x;
                score[i][j] += query.y * key[j].y;
                score[i][j] += query.z * key[j].z;
                score[i][j] += query.w * key[j].w;
            }
        }
    }
}

template <int LANES> __device__ float group_max(float x)
{
#pragma unroll
    for (int d = LANES / 2; d > 0; d /= 2)
        x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, d));
    return x;
}

template <int LANES> __device__ float group_sum(float x)
{
#pragma unroll
    for (int d = LANES / 2; d > 0; d /= 2)
        x += __shfl_xor_sync(0xffffffffu, x, d);
    return x;
}

/* result[i] += share of key j in query i, times row j of the values; share holds 8 queries for each key. */
template <int LANES, int PAIRS>
__device__ void add_values(float2 (&result)[ROWS][PAIRS], const float *share, const float *value, int keys)
{
    const int width = 2 * LANES * PAIRS;
#pragma unroll 2
    for (int j = 0; j < keys; j++) {
        float4 low = *reinterpret_cast<const float4 *>(share + j * ROWS);
        float4 high = *reinterpret_cast<const float4 *>(share + j * ROWS + 4);
        const float of[ROWS] = {low.x, low.y, low.z, low.w, high.x, high.y, high.z, high.w};
#pragma unroll
        for (int c = 0; c < PAIRS; c++) {
            float2 x = *reinterpret_cast<const float2 *>(value + j * width + 2 * LANES * c);
#pragma unroll
            for (int i = 0; i < ROWS; i++) {
                result[i][c].x += of[i] * x.x;
                result[i][c].y += of[i] * x.y;
            }
        }
    }
}

template <int LANES, int PAIRS, int KEYS, int WARPS>
__global__ void __launch_bounds__(32 * WARPS) attention(const task a)
{
    enum { TILE = LANES * KEYS, HALF = KEYS / 2, SHARES = LANES * HALF, SHARE_FLOATS = SHARES * ROWS + 4 };
    const int lane = threadIdx.x % LANES, group = threadIdx.x / LANES, groups = blockDim.x / LANES;
    const int block_rows = groups * ROWS, first_query = blockIdx.x * block_rows;
    const int pitch = pitch_of(a.chunk), q_pitch = a.resident ? pitch_of(a.chunk * a.chunks) : pitch;
    SHARED_OF_LAUNCH(float, memory);
    float *q_memory = memory, *buffer = memory + (a.resident ? block_rows * q_pitch : 0);
    float *share = buffer + 2 * a.stage + group * SHARE_FLOATS;

    stages<LANES, PAIRS, KEYS> s;
    s.q = head_of<float>(a.q) + first_query * a.q.row;
    s.k = head_of<float>(a.k);
    s.v = head_of<float>(a.v);
    s.buffer = buffer;
    s.block_rows = block_rows;
    s.queries = a.queries - first_query;
    int keys = a.causal ? min(a.keys, first_query + block_rows) : a.keys;
    s.tiles = (keys + TILE - 1) / TILE;
    s.of_tile = a.chunks + TILE / a.value_keys;
    s.next_tile = s.next = s.turn = 0;

    if (a.resident)
        for (int c = 0; c < a.chunks; c++)
            copy_chunk(a, q_memory + c * a.chunk, q_pitch, block_rows, s.q, a.q.row, s.queries, c * a.chunk);
    s.issue(a);

    float2 result[ROWS][PAIRS];
    float largest[ROWS], sum[ROWS];
#pragma unroll
    for (int i = 0; i < ROWS; i++) {
        largest[i] = -INFINITY;
        sum[i] = 0;
#pragma unroll
        for (int c = 0; c < PAIRS; c++)
            result[i][c] = make_float2(0, 0);
    }

    for (int tile = 0; tile < s.tiles; tile++) {
        float score[ROWS][KEYS];
#pragma unroll
        for (int i = 0; i < ROWS; i++)
#pragma unroll
            for (int j = 0; j < KEYS; j++)
                score[i][j] = 0;
        for (int c = 0; c < a.chunks; c++) {
            const float *stage = s.take(a);
            const float *q = a.resident ? q_memory + c * a.chunk : stage + TILE * pitch;
            add_scores<LANES, KEYS>(score, q + group * q_pitch, groups * q_pitch, stage + lane * pitch, LANES * pitch,
                                    a.chunk);
        }

        /* Key 0 is visible to every query, so from the first tile on `largest` is a number. */
#pragma unroll
        for (int i = 0; i < ROWS; i++) {
            int query = first_query + group + i * groups, visible = a.causal ? min(a.keys, query + 1) : a.keys;
            float most = largest[i];
#pragma unroll
            for (int j = 0; j < KEYS; j++) {
                bool seen = tile * TILE + lane + j * LANES < visible;
                score[i][j] = seen ? score[i][j] * a.scale : -INFINITY;
                most = fmaxf(most, score[i][j]);
            }
            most = group_max<LANES>(most);
            float kept = exp2f(largest[i] - most);
            largest[i] = most;
            sum[i] *= kept;
#pragma unroll
            for (int j = 0; j < KEYS; j++) {
                score[i][j] = exp2f(score[i][j] - most);
                sum[i] += score[i][j];
            }
#pragma unroll
            for (int c = 0; c < PAIRS; c++) {
                result[i][c].x *= kept;
                result[i][c].y *= kept;
            }
        }

#pragma unroll
        for (int half = 0; half < 2; half++) {
            __syncwarp(); /* the group has read the shares of the half before */
#pragma unroll
            for (int j = 0; j < HALF; j++) {
                float4 *to = reinterpret_cast<float4 *>(share + (lane + j * LANES) * ROWS);
                int of = half * HALF + j;
                to[0] = make_float4(score[0][of], score[1][of], score[2][of], score[3][of]);
                to[1] = make_float4(score[4][of], score[5][of], score[6][of], score[7][of]);
            }
            for (int j = 0; j < SHARES; j += a.value_keys) {
                const float *stage = s.take(a); /* its barrier is the shares' too */
                add_values<LANES, PAIRS>(result, share + j * ROWS, stage + 2 * lane, a.value_keys);
            }
        }
    }

    float *y = head_to_write<float>(a.y);
#pragma unroll
    for (int i = 0; i < ROWS; i++) {
        float total = group_sum<LANES>(sum[i]);
        int query = first_query + group + i * groups;
        if (query >= a.queries)
            continue;
#pragma unroll
        for (int c = 0; c < PAIRS; c++) {
            int column = 2 * (lane + c * LANES);
            float2 x = make_float2(result[i][c].x / total, result[i][c].y / total);
            float *to = y + query * a.y.row + column;
            if (a.pairs && column + 2 <= a.width) {
                *reinterpret_cast<float2 *>(to) = x;
            } else {
                if (column < a.width)
                    to[0] = x.x;
                if (column + 1 < a.width)
                    to[1] = x.y;
            }
        }
    }
}

/* Heads of up to `width` columns. Registers of a lane: 16 PAIRS results, 8 KEYS scores and what they are made of. */
struct size_class {
    int width, lanes, keys, warps;
    void (*kernel)(const task);
};
#define SIZE_CLASS(lanes, pairs, keys, warps)                                      \
    {                                                                              \
        2 * lanes *pairs, lanes, keys, warps, attention<lanes, pairs, keys, warps> \
    }
const size_class classes[] = {
    SIZE_CLASS(4, 1, 8, 2),  SIZE_CLASS(4, 2, 8, 2),  SIZE_CLASS(4, 3, 8, 2),  SIZE_CLASS(4, 5, 8, 2),
    SIZE_CLASS(8, 4, 8, 4),  SIZE_CLASS(8, 5, 8, 4),  SIZE_CLASS(16, 3, 4, 4), SIZE_CLASS(16, 4, 4, 4),
    SIZE_CLASS(16, 5, 4, 4), SIZE_CLASS(32, 4, 2, 8), SIZE_CLASS(32, 8, 2, 8),
};

/* Fills in how the stages are cut; bytes of shared memory that this needs. */
size_t cut(task *a, const size_class *c, int warps, int chunk, bool resident)
{
    int tile = c->lanes * c->keys, rows = warps * 32 / c->lanes * ROWS;
    a->chunk = chunk;
    a->chunks = (a->width + chunk - 1) / chunk;
    a->chunk_divisor = (unsigned)(((1ull << 32) + chunk / 4 - 1) / (chunk / 4));
    a->resident = resident;
    a->stage = (tile + (resident ? 0 : rows)) * pitch_of(chunk);
    a->value_keys = tile / 2;
    while (a->value_keys * c->width > a->stage)
        a->value_keys /= 2;
    size_t queries = resident ? (size_t)rows * pitch_of(chunk * a->chunks) : 0;
    size_t shares = (size_t)(rows / ROWS) * (tile / 2 * ROWS + 4);
    return (queries + 2 * (size_t)a->stage + shares) * sizeof(float);
}

/* As many queries as a class may have, then two blocks at a time on a multiprocessor, then queries that stay, then few
 * and long stages. Returns the bytes, 0 where nothing fits; the number of warps in *warps. */
size_t choose(task *a, const size_class *c, size_t shared_bytes, int *warps)
{
    int padded = (a->width + 3) / 4 * 4, rows_of_warp = 32 / c->lanes * ROWS;
    padded = padded < CHUNK_SMALLEST ? CHUNK_SMALLEST : padded;
    for (*warps = c->warps; *warps > 0; *warps /= 2) {
        if (*warps > 1 && *warps / 2 * rows_of_warp >= a->queries)
            continue;
        for (int blocks = 2; blocks > 0; blocks--)
            for (int resident = 1; resident >= 0; resident--)
                for (int parts = 1;; parts *= 2) {
                    int chunk = ((padded + parts - 1) / parts + 3) / 4 * 4;
                    if (parts > 1 && chunk < CHUNK_LEAST)
                        break;
                    size_t bytes = cut(a, c, *warps, chunk, resident);
                    if (bytes <= shared_bytes / (size_t)blocks)
                        return bytes;
                }
    }
    return 0;
}

bool readable(const view *v)
{
    return v->dtype == DTYPE_f32 && v->stride[3] == 1 && v->dim[2] <= INT32_MAX / 2;
}

} // namespace

cudaError_t launch_attention(const struct attention *l, cudaStream_t stream)
{
    int64_t width = l->q.dim[3];
    if (width < 1 || width > ATTENTION_WIDEST || l->k.dim[2] < 1)
        return cudaErrorInvalidValue;
    if (!readable(&l->q) || !readable(&l->k) || !readable(&l->v) || !readable(&l->y))
        return cudaErrorInvalidValue;

    task a = {};
    a.q = view_of(&l->q);
    a.k = view_of(&l->k);
    a.v = view_of(&l->v);
    a.y = view_of(&l->y);
    a.queries = (int)l->q.dim[2];
    a.keys = (int)l->k.dim[2];
    a.width = (int)width;
    a.scale = (float)(l->factor * M_LOG2E);
    a.causal = l->causal;
    a.wide = aligned(&l->q, 4, sizeof(float)) && aligned(&l->k, 4, sizeof(float)) && aligned(&l->v, 4, sizeof(float));
    a.pairs = aligned(&l->y, 2, sizeof(float));

    const size_class *c = classes;
    while (c->width < width)
        c++;
    int warps;
    size_t bytes = choose(&a, c, l->shared_bytes, &warps);
    if (bytes == 0)
        return cudaErrorInvalidConfiguration;
    auto *attention = c->kernel;
#ifndef SDBENCH_CUDA_ON_HOST
    cudaError_t error = cudaFuncSetAttribute(reinterpret_cast<const void *>(attention),
                                             cudaFuncAttributeMaxDynamicSharedMemorySize, (int)bytes);
    if (error != cudaSuccess)
        return error;
#endif
    int rows = warps * 32 / c->lanes * ROWS;
    dim3 grid((unsigned)((a.queries + rows - 1) / rows), (unsigned)l->q.dim[1], (unsigned)l->q.dim[0]);
    return LAUNCH(attention, grid, dim3(32 * warps), bytes, stream, a);
}
