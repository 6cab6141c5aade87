/* y = factor * activation(a) where a is contiguous along another axis than y: images from rows to channels last and
 * back.
 *
 * A block takes a tile of 32 x 32 elements through shared memory: it reads along a's axis and writes along y's, so that
 * a warp moves 32 neighbours each time, 64 bytes in f16 and 128 in f32. Rows of the tile are 33 floats: its columns lie
 * in different banks.
 *
 * Bound by memory: each element is read once and written once (4 bytes in f16, 8 in f32). Tiles at the edges are partly
 * idle, and accesses of 4 bytes a thread keep less on the way than those of 16: some 70 % of the memory's speed. */
#include "pipeline/runtime/cuda/kernels/device.h"

#include "pipeline/runtime/cuda/kernels/activations.cuh"
#include "pipeline/runtime/cuda/kernels/sums.cuh"
#include "pipeline/runtime/cuda/kernels/turn.cuh"
#include "pipeline/runtime/cuda/kernels/values.cuh"

enum { TILE = WARP, WARPS = 8, SHORTEST = 16 /* of both axes: less would leave most of a tile empty */ };

/* Dimensions: two outer ones, then `across`, along which a is contiguous, then the run, along which y is. */
struct turn_work {
    const void *a;
    void *y;
    int64_t dim[AXES], from[AXES], to[AXES]; /* strides of a and y */
    uint32_t tiles_across, tiles_run;
    int activation;
    float factor;
};

template <typename R, typename W> static __global__ void __launch_bounds__(TILE *WARPS) turn_kernel(struct turn_work t)
{
    enum { ACROSS = RUN - 1 };
    __shared__ float tile[TILE][TILE + 1];
    const int lane = (int)threadIdx.x % TILE, warp = (int)threadIdx.x / TILE;
    const uint32_t row = blockIdx.x / t.tiles_run, outer = row / t.tiles_across, outer0 = outer / (uint32_t)t.dim[1];
    const int64_t i[2] = {outer0, outer - outer0 * t.dim[1]};
    const int64_t run = (int64_t)(blockIdx.x - row * t.tiles_run) * TILE;
    const int64_t across = (int64_t)(row - outer * t.tiles_across) * TILE;
    const R *a = (const R *)t.a + i[0] * t.from[0] + i[1] * t.from[1] + across * t.from[ACROSS] + run * t.from[RUN];
    W *y = (W *)t.y + i[0] * t.to[0] + i[1] * t.to[1] + across * t.to[ACROSS] + run * t.to[RUN];
    for (int j = warp; j < TILE; j += WARPS)
        if (run + j < t.dim[RUN] && across + lane < t.dim[ACROSS])
            tile[j][lane] = as_float(a[j * t.from[RUN] + lane * t.from[ACROSS]]);
    __syncthreads();
    for (int j = warp; j < TILE; j += WARPS)
        if (across + j < t.dim[ACROSS] && run + lane < t.dim[RUN]) {
            float x[1] = {tile[lane][j]};
            activate(x, t.activation);
            put(y + j * t.to[ACROSS] + lane * t.to[RUN], t.factor * x[0]);
        }
}

int turned_axis(const struct axes *x)
{
    if (x->stride[A][RUN] <= 1 || x->dim[RUN] < SHORTEST)
        return -1;
    for (int i = 0; i < RUN; i++)
        if (x->stride[A][i] == 1 && x->dim[i] >= SHORTEST)
            return i;
    return -1;
}

cudaError_t launch_turn(const struct map *m, const struct axes *x, int across, cudaStream_t stream)
{
#define OF_TYPES(R, W) turn_kernel<R, W>
    static void (*const kernels[2][2])(struct turn_work) = BY_TYPES(OF_TYPES);
    struct turn_work t;
    int order[AXES] = {0, 1, 2, RUN};
    order[across] = RUN - 1;
    order[RUN - 1] = across;
    for (int i = 0; i < AXES; i++) {
        t.dim[i] = x->dim[order[i]];
        t.from[i] = x->stride[A][order[i]];
        t.to[i] = x->stride[Y][order[i]];
    }
    t.a = m->a.at;
    t.y = const_cast<void *>(m->y.at);
    t.tiles_across = (uint32_t)divide_up(t.dim[RUN - 1], TILE);
    t.tiles_run = (uint32_t)divide_up(t.dim[RUN], TILE);
    t.activation = m->activation;
    t.factor = m->factor;
    const unsigned int blocks = (unsigned int)(t.dim[0] * t.dim[1]) * t.tiles_across * t.tiles_run;
    return LAUNCH(kernels[type_index(m->a.dtype)][type_index(m->y.dtype)], blocks, TILE * WARPS, 0, stream, t);
}
