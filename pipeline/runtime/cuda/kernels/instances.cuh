/* What launchers share: the instance of a kernel for given types, and the size of a grid.
 *
 * Kernels move as many values at once as fill 16 bytes of the wider of the types that they read and write: 4, or 8 where
 * all are f16. The narrower type then moves 8 bytes a thread, side by side, which is as good. */
#ifndef SDBENCH_CUDA_KERNELS_INSTANCES_CUH
#define SDBENCH_CUDA_KERNELS_INSTANCES_CUH

#include "pipeline/runtime/cuda/kernels/device.h"

template <typename R, typename W> struct at_once {
    enum { values = 16 / (sizeof(R) > sizeof(W) ? sizeof(R) : sizeof(W)) };
};

/* A table [type_index(read)][type_index(write)] of INSTANCE(R, W). */
#define BY_TYPES(INSTANCE)                                  \
    {                                                       \
        {INSTANCE(float, float), INSTANCE(float, half)},    \
        {INSTANCE(half, float), INSTANCE(half, half)},      \
    }

static inline bool is_float_type(enum dtype d)
{
    return d == DTYPE_f32 || d == DTYPE_f16;
}

static inline int type_index(enum dtype d)
{
    return d == DTYPE_f16;
}

static inline int64_t dtype_bytes(enum dtype d)
{
    return d == DTYPE_f32 ? 4 : 2;
}

/* at_once<...>::values for types known when the program runs. */
static inline int values_at_once(enum dtype read, enum dtype write)
{
    return read == DTYPE_f32 || write == DTYPE_f32 ? 4 : 8;
}

static inline bool is_aligned(const void *at, int64_t bytes)
{
    return (uintptr_t)at % (uintptr_t)bytes == 0;
}

static inline int64_t divide_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

/* Blocks for one thread an item. */
static inline unsigned int blocks_for(int64_t items, int threads)
{
    return (unsigned int)divide_up(items, threads);
}

/* The dimensions of a grid other than the first end at 65535: kernels step over rows by gridDim.y. */
static inline unsigned int grid_rows(int64_t rows)
{
    return (unsigned int)(rows < 65535 ? rows : 65535);
}

#endif
