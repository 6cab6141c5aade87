/* The numbers by which profilers know the nodes of the recording under way: a member of struct backend. From CUDA 13.1
 * on the runtime tells them. */
#ifndef SDBENCH_CUDA_RECORDED_NODES_H
#define SDBENCH_CUDA_RECORDED_NODES_H

#include <stddef.h>
#include <stdint.h>

#include "pipeline/runtime/cuda/compat.h"

#if CUDA_HAS_TOOLS_IDS
size_t recorded_node_ids(void *state, uint64_t *id, size_t most);
#endif

#endif
