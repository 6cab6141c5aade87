/* Graph values as operands of our kernels, and kernels that are one block of memory. */
#ifndef SDBENCH_CUDA_OPERAND_H
#define SDBENCH_CUDA_OPERAND_H

#include "pipeline/runtime/cuda/cuda.h"
#include "pipeline/runtime/cuda/kernels/launch.h"
#include "pipeline/runtime/memory.h"

/* A kernel whose state is one zeroed block of `bytes`, in out->own: ended by kernel_free_block. Its name is
 * "<operation> own". */
struct err kernel_make(const struct site *s, const struct kernel_class *class, size_t bytes, struct kernel *out);
void kernel_free_block(void *own);

/* Returns `e`; ends the kernel where it is an error. */
struct err kernel_keep(struct err e, struct kernel *out);

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
