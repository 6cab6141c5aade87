/* Dimensions of a few operands that are walked together: sorted by the result's memory and joined where all operands
 * allow, so that dense tensors of one layout are a single run, whatever that layout is. Host code, but for `divide`. */
#ifndef SDBENCH_CUDA_KERNELS_AXES_CUH
#define SDBENCH_CUDA_KERNELS_AXES_CUH

#include "pipeline/runtime/cuda/kernels/instances.cuh"

enum { AXES = 4, RUN = AXES - 1 /* the innermost */ };
enum operand { Y, A, B, OPERANDS };

/* Slowest first; those that are not needed are 1. */
struct axes {
    int64_t dim[AXES], stride[OPERANDS][AXES];
};

static inline void axes_move(struct axes *to, int i, const struct axes *from, int j)
{
    to->dim[i] = from->dim[j];
    for (int o = 0; o < OPERANDS; o++)
        to->stride[o][i] = from->stride[o][j];
}

/* By the result's strides, the longest first; dimensions of 1 are left out. Returns how many there are. */
static inline int axes_sort(const struct axes *from, struct axes *to)
{
    int n = 0;
    for (int j = 0; j < AXES; j++) {
        if (from->dim[j] == 1)
            continue;
        int i = n++;
        for (; i > 0 && to->stride[Y][i - 1] < from->stride[Y][j]; i--)
            axes_move(to, i, to, i - 1);
        axes_move(to, i, from, j);
    }
    return n;
}

/* Whether dimension i of `outer` goes on where dimension j of `inner` ends, in every operand. */
static inline bool axes_continue(const struct axes *outer, int i, const struct axes *inner, int j)
{
    for (int o = 0; o < OPERANDS; o++)
        if (outer->stride[o][i] != inner->stride[o][j] * inner->dim[j])
            return false;
    return true;
}

static inline struct axes axes_join(const struct axes *from)
{
    struct axes sorted, joined;
    for (int i = 0; i < AXES; i++) {
        joined.dim[i] = 1;
        for (int o = 0; o < OPERANDS; o++)
            joined.stride[o][i] = 0;
    }
    int first = AXES; /* of those that are filled */
    for (int i = axes_sort(from, &sorted) - 1; i >= 0; i--)
        if (first < AXES && axes_continue(&sorted, i, &joined, first))
            joined.dim[first] *= sorted.dim[i];
        else
            axes_move(&joined, --first, &sorted, i);
    return joined;
}

/* n / by for n < 2^31, by a multiplication: with 2^s the first power of two that is not below `by`, the quotient is
 * (n + n * factor / 2^32) / 2^s for factor = 2^32 (2^s - by) / by, rounded up. */
struct divisor {
    uint32_t by, factor, shift;
};

static inline struct divisor divisor_of(uint32_t by)
{
    uint32_t shift = 0;
    while (((uint64_t)1 << shift) < by)
        shift++;
    uint64_t above = ((uint64_t)1 << shift) - by;
    return {by, (uint32_t)((above << 32) / by + 1), shift};
}

static __device__ __forceinline__ uint32_t divide(uint32_t n, struct divisor d)
{
    return ((uint32_t)(((uint64_t)n * d.factor) >> 32) + n) >> d.shift;
}

#endif
