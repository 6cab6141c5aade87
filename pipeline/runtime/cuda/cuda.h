/* The CUDA backend: one device, one stream, two libraries and our own kernels. */
#ifndef SDBENCH_CUDA_CUDA_H
#define SDBENCH_CUDA_CUDA_H

#include "pipeline/runtime/choose.h"
#include "pipeline/runtime/cuda/check.h"
#include "pipeline/runtime/cuda/choice/choices.h"
#include "pipeline/runtime/cuda/choice/timing.h"
#include "pipeline/runtime/cuda/cudnn/dnn.h"
#include "pipeline/runtime/cuda/device.h"
#include "pipeline/runtime/cuda/staging.h"

/* The backend's state. On a described device stream, products, staging and timing are NULL: plans are made, nothing
 * runs. */
struct cuda {
    struct backend_options options;
    struct cuda_device device;
    cudaStream_t stream;
    struct dnn *dnn;
    cublasLtHandle_t products;
    struct staging *staging;
    struct timing *timing;
    struct choices *choices;
};

/* A node for which a kernel is wanted. */
struct site {
    struct cuda *cuda;
    const struct graph *graph;
    const struct node *node;
};

/* Which arithmetic a product of operands of this type may use. */
static inline enum numerics site_numerics(const struct site *s, enum dtype read)
{
    return read != DTYPE_f32 ? NUMERICS_half : s->cuda->options.tf32 ? NUMERICS_tf32 : NUMERICS_ieee;
}

static inline const struct value *site_input(const struct site *s, int input)
{
    return node_value(s->graph, s->node, input);
}

static inline const struct value *site_result(const struct site *s)
{
    return node_result(s->graph, s->node, 0);
}

#endif
