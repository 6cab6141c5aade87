/* What tells two configurations of an engine apart. */
#ifndef SDBENCH_CUDA_CUDNN_KNOBS_H
#define SDBENCH_CUDA_CUDNN_KNOBS_H

#include "pipeline/runtime/cuda/cudnn/descriptor.h"

/* "engine 41 tile_size=4 tilek=0 ...", malloc'ed: knobs in the order of their numbers. */
struct err knobs_name(descriptor config, int64_t engine, char **out);

#endif
