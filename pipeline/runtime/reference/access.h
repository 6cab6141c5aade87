/* Tensors of the reference backend: any strides, any dtype, read and written one element at a time. */
#ifndef SDBENCH_RUNTIME_REFERENCE_ACCESS_H
#define SDBENCH_RUNTIME_REFERENCE_ACCESS_H

#include "pipeline/base/dtype.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Always four dimensions: dimensions of size 1 stand before those of smaller shapes. Strides in elements. */
struct tensor {
    void *at; /* the first element; NULL: no such input */
    enum dtype dtype;
    int64_t dim[4], stride[4];
};

static inline int64_t tensor_offset(const struct tensor *t, int64_t a, int64_t b, int64_t c, int64_t d)
{
    return a * t->stride[0] + b * t->stride[1] + c * t->stride[2] + d * t->stride[3];
}

/* A row is a run over the last dimension; rows are counted over the three others. */
static inline int64_t tensor_rows(const struct tensor *t)
{
    return t->dim[0] * t->dim[1] * t->dim[2];
}

static inline int64_t tensor_row(const struct tensor *t, int64_t row)
{
    int64_t c = row % t->dim[2], b = row / t->dim[2] % t->dim[1], a = row / t->dim[2] / t->dim[1];
    return tensor_offset(t, a, b, c, 0);
}

static inline double tensor_get(const struct tensor *t, int64_t offset)
{
    switch (t->dtype) {
    case DTYPE_f32:
        return ((const float *)t->at)[offset];
    case DTYPE_bf16:
        return f32_from_bf16(((const uint16_t *)t->at)[offset]);
    case DTYPE_f16:
        return f32_from_f16(((const uint16_t *)t->at)[offset]);
    case DTYPE_i32:
        return ((const int32_t *)t->at)[offset];
    default:
        return ((const uint8_t *)t->at)[offset];
    }
}

/* A double as float32 for a further rounding to 16 bit: where it does not fit, the neighbour whose last bit is 1 is
 * taken ("round to odd"), so that two roundings give what one would. */
static inline float odd_float(double x)
{
    float f = (float)x;
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    bool inexact = (double)f < x || (double)f > x;
    return inexact && !(bits & 1) ? nextafterf(f, x > (double)f ? INFINITY : -INFINITY) : f;
}

/* Rounded once, to nearest even. Integers are cut and saturate; a NaN is the smallest. */
static inline void tensor_put(const struct tensor *t, int64_t offset, double x)
{
    switch (t->dtype) {
    case DTYPE_f32:
        ((float *)t->at)[offset] = (float)x;
        break;
    case DTYPE_bf16:
        ((uint16_t *)t->at)[offset] = bf16_from_f32(odd_float(x));
        break;
    case DTYPE_f16:
        ((uint16_t *)t->at)[offset] = f16_from_f32(odd_float(x));
        break;
    case DTYPE_i32:
        ((int32_t *)t->at)[offset] = (int32_t)(x > INT32_MAX ? INT32_MAX : x > INT32_MIN ? x : INT32_MIN);
        break;
    default:
        ((uint8_t *)t->at)[offset] = (uint8_t)(x > UINT8_MAX ? UINT8_MAX : x > 0 ? x : 0);
    }
}

#endif
