/* The arithmetic of elementwise operations, on runs of floats. */
#ifndef SDBENCH_CPU_ACTIVATIONS_H
#define SDBENCH_CPU_ACTIVATIONS_H

#include "pipeline/graph/graph.h"

/* y[i] = f(a[i], b[i]); operations of one operand ignore b, all but scale and guidance ignore factor. y overlaps
 * neither. */
typedef void elementwise_fn(float *restrict y, const float *restrict a, const float *restrict b, float factor,
                            int64_t n);

elementwise_fn vector_silu, vector_gelu_erf, vector_gelu_tanh, vector_gelu_quick, vector_scale, vector_add, vector_mul,
    vector_guidance;

/* The one that computes an elementwise operation of one operand as a layer's activation; NULL for 0: none. */
elementwise_fn *activation_of(int64_t op);

#endif
