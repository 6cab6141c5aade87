/* Graph values as operands of our kernels. */
#ifndef SDBENCH_CUDA_OPERAND_H
#define SDBENCH_CUDA_OPERAND_H

#include "pipeline/runtime/cuda/cuda.h"
#include "pipeline/runtime/cuda/kernels/launch.h"
#include "pipeline/runtime/memory.h"

/* A value with four dimensions, ones in front; its address comes when the plan is bound. */
struct view view_of(const struct value *v);

/* The same, broadcast to the shape of `like`. */
struct view view_broadcast(const struct value *v, const struct value *like);

/* Dense rows: dims and strides of a shape of up to four. */
struct view view_dense(enum dtype dtype, int64_t a, int64_t b, int64_t c, int64_t d);

/* A value as rows of its last dimension, an even distance apart. False where it is not. */
bool value_rows(const struct value *v, int64_t *rows, int64_t *width, int64_t *pitch);

/* The kernels' name of an operation that is a layer's activation; 0 is none. */
enum activation activation_of(int64_t op);

/* Runs a map and names its operation in an error. */
struct err run_map(const struct cuda *c, const struct map *m);

#endif
