/* A tensor as it lies in an open file, and its values. */
#ifndef SDBENCH_WEIGHTS_STORED_TENSOR_H
#define SDBENCH_WEIGHTS_STORED_TENSOR_H

#include "pipeline/base/dtype.h"
#include "pipeline/base/error.h"
#include "pipeline/base/shape.h"

struct stored_tensor {
    const char *name;
    struct shape shape;
    enum dtype dtype;
    const void *data; /* in the mapped file, at any alignment: read it through the functions below */
    size_t bytes;
    const char *tag;      /* the file's word for its dtype, "F64" */
    const char *unusable; /* why this program cannot take it (then shape and dtype mean nothing), else NULL */
};

/* Elements first to first + n - 1 as float32. Large n use all threads. */
void checkpoint_read_f32(const struct stored_tensor *t, int64_t first, int64_t n, float *out);

/* Elements as int32: of I32, U8 and I64, of which the last two may be `unusable`. Refuses other types, and a value that
 * does not fit. */
struct err stored_tensor_read_i32(const struct stored_tensor *t, int64_t first, int64_t n, int32_t *out);

/* Flat index of the first NaN or infinity, or -1. Runs at about the speed of memory. */
int64_t stored_tensor_first_not_finite(const struct stored_tensor *t);

/* The same in n elements of a type. */
int64_t values_first_not_finite(const void *values, enum dtype type, int64_t n);

/* Its data will be read soon: reading may begin. */
void stored_tensor_expect(const struct stored_tensor *t);

/* Gives the pages of its data back to the system; they are read again where needed. */
void stored_tensor_release(const struct stored_tensor *t);

#endif
