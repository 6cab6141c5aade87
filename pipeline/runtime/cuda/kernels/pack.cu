/* Weights from a checkpoint to what kernels read: `outer` matrices of middle x inner values, f32, f16 or bf16, become
 * inner x middle in f32 or f16: convolutions (K,C,R*S) to (K,R*S,C). Where middle or inner is 1 it is a conversion only.
 *
 * A transposing block takes a tile of one matrix, up to 32 of inner and as many rows as fill its shared memory: with the
 * 9 taps of a convolution the tile is one run of the checkpoint, and its columns are runs of some 200 channels in y.
 *
 * Bound by memory: each value is read once (2 or 4 bytes) and written once (2 or 4). It runs once for each weight while
 * the checkpoint is uploaded, and even a tenth of the memory's speed is faster than the bus that brings the weights. */
#include "pipeline/runtime/cuda/kernels/device.h"

#include "pipeline/runtime/cuda/kernels/instances.cuh"
#include "pipeline/runtime/cuda/kernels/values.cuh"

enum { THREADS = 256, SEVERAL = 4, TILE_INNER = 32, TILE_VALUES = 2048 };

struct pack_tiles {
    int64_t outer, middle, inner, tiles_middle, tiles_inner;
    int rows, columns; /* of a tile: of middle and of inner; a row of y's tile is rows + 1 floats */
};

template <typename S, typename W, int N>
static __global__ void __launch_bounds__(THREADS) convert_kernel(const S *stored, W *y, int64_t count)
{
    const int64_t at = ((int64_t)blockIdx.x * THREADS + threadIdx.x) * N;
    if (at >= count)
        return;
    float x[N];
    load(x, stored + at);
    store(y + at, x);
}

/* Columns of the tile have an odd distance, so that those of one row lie in different banks. */
template <typename S, typename W>
static __global__ void __launch_bounds__(THREADS) transpose_kernel(const S *stored, W *y, struct pack_tiles t)
{
    __shared__ float tile[TILE_VALUES + TILE_INNER];
    const int64_t matrix = blockIdx.x / (t.tiles_middle * t.tiles_inner);
    const int64_t in_matrix = blockIdx.x - matrix * t.tiles_middle * t.tiles_inner;
    const int64_t row = in_matrix / t.tiles_inner * t.rows, column = in_matrix % t.tiles_inner * t.columns;
    const int rows = (int)min((int64_t)t.rows, t.middle - row), pitch = t.rows | 1;
    const int columns = (int)min((int64_t)t.columns, t.inner - column);
    const S *from = stored + (matrix * t.middle + row) * t.inner + column;
    W *to = y + (matrix * t.inner + column) * t.middle + row;
    for (int i = (int)threadIdx.x; i < rows * columns; i += THREADS)
        tile[i % columns * pitch + i / columns] = as_float(from[i / columns * t.inner + i % columns]);
    __syncthreads();
    for (int i = (int)threadIdx.x; i < rows * columns; i += THREADS)
        put(to + i / rows * t.middle + i % rows, tile[i / rows * pitch + i % rows]);
}

template <typename S, typename W> static cudaError_t launch_convert(const struct pack *p, cudaStream_t stream)
{
    const S *stored = (const S *)p->stored;
    W *y = (W *)p->y;
    const int64_t count = p->outer * p->middle * p->inner;
    const bool several =
        count % SEVERAL == 0 && is_aligned(stored, SEVERAL * sizeof(S)) && is_aligned(y, SEVERAL * sizeof(W));
    void (*const kernel)(const S *, W *, int64_t) = several ? convert_kernel<S, W, SEVERAL> : convert_kernel<S, W, 1>;
    const unsigned int blocks = blocks_for(divide_up(count, several ? SEVERAL : 1), THREADS);
    return LAUNCH_FLAT(kernel, blocks, THREADS, stream, stored, y, count);
}

template <typename S, typename W> static cudaError_t launch_transpose(const struct pack *p, cudaStream_t stream)
{
    struct pack_tiles t;
    t.outer = p->outer;
    t.middle = p->middle;
    t.inner = p->inner;
    t.columns = p->inner < TILE_INNER ? (int)p->inner : (int)TILE_INNER;
    t.rows = (int)TILE_VALUES / t.columns;
    t.rows = p->middle < t.rows ? (int)p->middle : t.rows;
    t.tiles_middle = divide_up(p->middle, t.rows);
    t.tiles_inner = divide_up(p->inner, t.columns);
    void (*const kernel)(const S *, W *, struct pack_tiles) = transpose_kernel<S, W>;
    const unsigned int blocks = (unsigned int)(t.outer * t.tiles_middle * t.tiles_inner);
    return LAUNCH(kernel, blocks, THREADS, 0, stream, (const S *)p->stored, (W *)p->y, t);
}

cudaError_t launch_pack(const struct pack *p, cudaStream_t stream)
{
    typedef cudaError_t launcher(const struct pack *p, cudaStream_t stream);
    static const enum dtype stored[] = {DTYPE_f32, DTYPE_f16, DTYPE_bf16};
    static launcher *const launchers[][2][2] = {
        {{launch_convert<float, float>, launch_convert<float, half>},
         {launch_transpose<float, float>, launch_transpose<float, half>}},
        {{launch_convert<half, float>, launch_convert<half, half>},
         {launch_transpose<half, float>, launch_transpose<half, half>}},
        {{launch_convert<bfloat16, float>, launch_convert<bfloat16, half>},
         {launch_transpose<bfloat16, float>, launch_transpose<bfloat16, half>}},
    };
    if (!is_float_type(p->write))
        return cudaErrorInvalidValue;
    if (p->outer * p->middle * p->inner == 0)
        return cudaSuccess;
    for (int i = 0; i < 3; i++)
        if (p->read == stored[i])
            return launchers[i][p->middle > 1 && p->inner > 1][type_index(p->write)](p, stream);
    return cudaErrorInvalidValue;
}
