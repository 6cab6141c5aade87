/* What backends that choose a kernel by a node's operation share. */
#ifndef SDBENCH_RUNTIME_KERNEL_H
#define SDBENCH_RUNTIME_KERNEL_H

#include "pipeline/runtime/backend.h"

/* A kernel whose state is one zeroed block of `bytes`, in out->own: ended by kernel_free_block. Its name is
 * "<operation> own". */
struct err kernel_make(const struct node *n, const struct kernel_class *class, size_t bytes, struct kernel *out);
void kernel_free_block(void *own);

/* Returns `e`; ends the kernel where it is an error. */
struct err kernel_keep(struct err e, struct kernel *out);

#endif
