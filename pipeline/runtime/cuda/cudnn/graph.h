/* A problem in cuDNN's terms, and the engine configurations that may compute it. Private to this folder. */
#ifndef SDBENCH_CUDA_CUDNN_GRAPH_H
#define SDBENCH_CUDA_CUDNN_GRAPH_H

#include "pipeline/base/text.h"
#include "pipeline/runtime/cuda/cudnn/descriptor.h"
#include "pipeline/runtime/cuda/cudnn/dnn.h"

/* Devices can be described since 9.8; headers before lack the attributes, and then no device ever is. */
#if CUDNN_VERSION >= 90800
#define DEVICE_OF(what) CUDNN_ATTR_##what##_DEVICEPROP
#else
#define DEVICE_OF(what) ((cudnnBackendAttributeName_t)0)
#endif

struct dnn {
    cudnnHandle_t handle; /* of the current device, or NULL where `device` describes one */
    struct descriptors own;
    descriptor device;
    void *nvrtc; /* NULL where it is not found: then nothing can be compiled */
};
#define NVRTC_MAJOR (CUDART_VERSION / 1000)
/* The attribute that says for which device a descriptor is made: `name` takes a description. 0 attributes on a handle's
 * device, which cuDNN knows through the graph. */
size_t dnn_device_attribute(const struct dnn *d, cudnnBackendAttributeName_t name, struct attribute *out);

struct dnn_choice {
    descriptor config;
    int64_t engine;
    bool compiles;
    char *name; /* "engine 41 tile_size=4 tilek=0 ..." */
};

struct dnn_graph {
    struct dnn *dnn;
    int references; /* the caller's and its plans' */
    enum numerics numerics;
    struct text signature; /* the problem: "conv f16 n6 c320 ..." */
    bool slot[DNN_SLOTS];  /* that it has */
    bool scaled;           /* has a factor, by value */
    struct descriptors own;
    descriptor graph;
    struct dnn_choice *choice;
    int choices, capacity;
};
struct err dnn_graph_new(struct dnn *d, enum numerics n, struct dnn_graph **out);
/* Hands a graph to the caller, or ends it where making it failed. */
struct err dnn_graph_keep(struct dnn_graph *g, struct err e, struct dnn_graph **out);
struct dnn_graph *dnn_graph_share(struct dnn_graph *g); /* given back by dnn_graph_free */

/* Tensors: those of slots, and others that are in no memory of the caller's. Numbers for cuDNN by which a run's
 * addresses find them. */
enum tensor_kind { TENSOR_SLOT, TENSOR_VIRTUAL, TENSOR_FACTOR };
enum { FACTOR_UID = 1 + DNN_SLOTS, ALIGNMENT = 16 };
static inline int64_t slot_uid(int slot)
{
    return 1 + slot;
}
/* Of rank 4. slot: where `kind` says so. */
struct err dnn_graph_tensor(struct dnn_graph *g, enum tensor_kind kind, int slot, enum dtype dtype,
                            const int64_t dim[4], const int64_t stride[4], descriptor *out);

/* Makes the graph of its operations and finds its choices; none is ERR_ABSENT. */
struct err dnn_graph_finish(struct dnn_graph *g, const descriptor *operation, int operations);
struct err dnn_choices_find(struct dnn_graph *g);

#endif
