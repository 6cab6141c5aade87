/* Products of rows by a layer's weight: linear layers, the gated feed-forward's projection, convolutions of single
 * pixels. */
#ifndef SDBENCH_CUDA_LINEAR_H
#define SDBENCH_CUDA_LINEAR_H

#include "pipeline/runtime/cuda/cuda.h"

/* For a conv, linear or geglu node: its last dimension (channels, of images) is summed over. */
struct err choose_rows_product(const struct site *s, struct kernel *out);

#endif
