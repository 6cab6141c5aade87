/* Choosing among cuDNN's engines. */
#ifndef SDBENCH_CUDA_DNN_CHOICE_H
#define SDBENCH_CUDA_DNN_CHOICE_H

#include "pipeline/runtime/cuda/cuda.h"

/* A plan of the graph, chosen by its signature. bytes: of each operand, for timing. The graph is freed, on an error
 * too. */
struct err dnn_choose(struct cuda *cuda, struct dnn_graph *graph, const size_t bytes[DNN_SLOTS], struct dnn_plan **out);

#endif
