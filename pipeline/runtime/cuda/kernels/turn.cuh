/* A part of launch_map, in a file of its own: tensors whose memory is turned. */
#ifndef SDBENCH_CUDA_KERNELS_TURN_CUH
#define SDBENCH_CUDA_KERNELS_TURN_CUH

#include "pipeline/runtime/cuda/kernels/axes.cuh"

/* The axis along which a is contiguous where y's run is not a's, and both are long enough for tiles; else -1. */
int turned_axis(const struct axes *x);

/* y = factor * activation(a); across: what turned_axis found. */
cudaError_t launch_turn(const struct map *m, const struct axes *x, int across, cudaStream_t stream);

#endif
