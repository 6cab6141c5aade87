/* Runs of elements as float32: all own arithmetic happens in it, whatever the tensors hold. */
#ifndef SDBENCH_CPU_FLOATS_H
#define SDBENCH_CPU_FLOATS_H

#include "pipeline/base/dtype.h"

/* n elements of f32 or bf16 from `in` as floats: `in` itself where it holds floats, else `buffer`, filled. */
const float *floats_read(const void *in, enum dtype dtype, int64_t n, float *buffer);

/* Where floats that are meant for `out` should be computed: `out` itself, or `buffer`, to be handed to floats_write
 * (which has nothing left to do for the former). */
float *floats_target(void *out, enum dtype dtype, float *buffer);
void floats_write(void *out, enum dtype dtype, int64_t n, const float *from);

/* out[i] = factor * from[i]; from may be out. */
void floats_write_scaled(void *out, enum dtype dtype, int64_t n, const float *from, float factor);

/* out[i] = value */
void floats_fill(float *out, float value, int64_t n);

/* The address of element i. */
static inline const void *element(const void *base, enum dtype dtype, int64_t i)
{
    return (const char *)base + i * (int64_t)dtypes[dtype].bytes;
}

static inline void *element_out(void *base, enum dtype dtype, int64_t i)
{
    return (char *)base + i * (int64_t)dtypes[dtype].bytes;
}

#endif
