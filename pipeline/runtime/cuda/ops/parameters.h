/* What a kernel keeps of its layer's parameters: each in the type and order that its library wants, one behind the
 * other in the kernel's part of the weight memory. */
#ifndef SDBENCH_CUDA_PARAMETERS_H
#define SDBENCH_CUDA_PARAMETERS_H

#include "pipeline/runtime/cuda/cuda.h"

struct parameters {
    struct cuda *cuda;
    int count;
    size_t bytes; /* of all: the kernel's weight_bytes */
    struct parameter {
        value_id value;
        enum dtype dtype;
        int64_t outer, middle, inner; /* as stored; kept as outer, inner, middle */
        int64_t copies;               /* of the whole, one behind the other */
        size_t at;
    } item[4];
};

/* Adds a load-rate value; returns its index. */
int parameters_add(struct parameters *p, value_id value, enum dtype dtype, int64_t outer, int64_t middle,
                   int64_t inner);

/* Sends them to `weights`, on the device: stacked weights part by part, sums of taps as the host makes them, all others
 * as they are stored. */
struct err parameters_load(const struct parameters *p, const struct loader *loader, void *weights);

static inline void *parameters_address(const struct parameters *p, int index, void *weights)
{
    return index < 0 ? NULL : (char *)weights + p->item[index].at;
}

#endif
