/* For kernels that move channels of pixels as they are: what one access moves, and the grid. */
#ifndef SDBENCH_CUDA_KERNELS_MOVES_CUH
#define SDBENCH_CUDA_KERNELS_MOVES_CUH

#include "pipeline/runtime/cuda/kernels/instances.cuh"
#include "pipeline/runtime/cuda/kernels/values.cuh"

enum { MOVE_THREADS = 256, WORD_SIZES = 4 };

/* A table [word_index(...)] of instances for words of 2, 4, 8 and 16 bytes. */
#define BY_WORDS(kernel)                                              \
    {                                                                 \
        kernel<word<2>>, kernel<word<4>>, kernel<word<8>>, kernel<word<16>> \
    }

/* The widest word that runs of so many bytes from x to y, one after another, can be moved by. */
static inline int word_index(const void *x, const void *y, int64_t run)
{
    int index = WORD_SIZES - 1;
    while (index > 0 && (run % (2 << index) || !is_aligned(x, 2 << index) || !is_aligned(y, 2 << index)))
        index--;
    return index;
}

static inline int64_t word_bytes(int index)
{
    return 2 << index;
}

/* Columns of a row over x, rows over y. */
static inline dim3 move_grid(int64_t columns, int64_t rows)
{
    return dim3(blocks_for(columns, MOVE_THREADS), grid_rows(rows));
}

#endif
