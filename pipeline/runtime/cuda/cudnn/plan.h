/* A finalized plan. Private to this folder. */
#ifndef SDBENCH_CUDA_CUDNN_PLAN_H
#define SDBENCH_CUDA_CUDNN_PLAN_H

#include "pipeline/runtime/cuda/cudnn/graph.h"

struct dnn_plan {
    struct dnn_graph *graph; /* shared */
    int choice;
    struct descriptors own, bound;
    descriptor plan, pack; /* pack: the addresses of all runs, NULL before dnn_plan_bind */
    size_t workspace;
    float factor; /* read at every run */
};

/* A plan of a choice. json: cuDNN's text of it, or NULL to make it of the configuration. */
struct err dnn_plan_of(struct dnn_graph *g, int choice, const char *json, struct dnn_plan **out);

#endif
