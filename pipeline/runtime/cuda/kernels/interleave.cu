/* The four images of a sub-pixel convolution into one of twice the height and width: x (N,H+1,W+1,4C) to y (N,2H,2W,C),
 * y[n][2i+p][2j+q][c] = x[n][i+p][j+q][(2p+q)C + c].
 *
 * A thread moves one word, of 16 bytes where C and the addresses allow it, to the result; rows of the result over the
 * grid's y, their words over x.
 *
 * Bound by memory: each byte of the result is read and written once; of x a row and a column at the edges stay unused. So
 * one may expect the time of a copy of the result: 80 to 90 % of the memory's speed, more where the L2 cache holds x. */
#include "pipeline/runtime/cuda/kernels/device.h"

#include "pipeline/runtime/cuda/kernels/moves.cuh"

struct interleave_work {
    const void *x;
    void *y;
    int64_t rows; /* of all results: N * 2H */
    int h, w;
    uint32_t words; /* of a pixel of y */
};

template <typename WORD>
static __global__ void __launch_bounds__(MOVE_THREADS) interleave_kernel(struct interleave_work u)
{
    const uint32_t at = blockIdx.x * MOVE_THREADS + threadIdx.x;
    const uint32_t column = at / u.words, channel = at - column * u.words, q = column % 2;
    if (column >= 2 * (uint32_t)u.w)
        return;
    for (int64_t row = blockIdx.y; row < u.rows; row += gridDim.y) {
        const int64_t image = row / (2 * u.h), in_image = row - image * 2 * u.h, p = in_image % 2;
        const int64_t pixel = (image * (u.h + 1) + in_image / 2 + p) * (u.w + 1) + column / 2 + q;
        ((WORD *)u.y)[row * 2 * u.w * u.words + at] =
            ((const WORD *)u.x)[(4 * pixel + 2 * p + q) * u.words + channel];
    }
}

cudaError_t launch_interleave(const struct interleave *u, cudaStream_t stream)
{
    static void (*const kernels[WORD_SIZES])(struct interleave_work) = BY_WORDS(interleave_kernel);
    const int64_t bytes = u->channels * dtype_bytes(u->dtype);
    const int index = word_index(u->x, u->y, bytes);
    if (!is_float_type(u->dtype))
        return cudaErrorInvalidValue;
    if (u->images * u->h * u->w * u->channels == 0)
        return cudaSuccess;
    struct interleave_work w;
    w.x = u->x;
    w.y = u->y;
    w.rows = u->images * 2 * u->h;
    w.h = (int)u->h;
    w.w = (int)u->w;
    w.words = (uint32_t)(bytes / word_bytes(index));
    return LAUNCH_FLAT(kernels[index], move_grid(2 * u->w * w.words, w.rows), MOVE_THREADS, stream, w);
}
