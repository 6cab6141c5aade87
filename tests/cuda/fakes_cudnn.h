/* What tests of the host's cuDNN share: descriptors, tensors with their values, plans. Errors end the test. */
#ifndef SDBENCH_TESTS_CUDA_FAKES_CUDNN_H
#define SDBENCH_TESTS_CUDA_FAKES_CUDNN_H

#include "tests/cuda/fakes.h"

typedef cudnnBackendDescriptor_t descriptor;

/* Tensors in memory have the numbers 1 to DNN_IDS; DNN_WORKSPACE bytes are enough for every plan. */
enum { DNN_DESCRIPTORS = 64, DNN_IDS = 5, DNN_WORKSPACE = 1 << 20 };

/* All descriptors of a test, ended together. */
struct dnn_case {
    const struct cuda *c;
    descriptor all[DNN_DESCRIPTORS];
    int count;
    cudnnHandle_t handle;
};
struct dnn_case dnn_begin(const struct cuda *c);
void dnn_end(struct dnn_case *m);

descriptor dnn_make(struct dnn_case *m, cudnnBackendDescriptorType_t type);
void dnn_set(struct dnn_case *m, descriptor d, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
             int64_t count, const void *value);
void dnn_set_one(struct dnn_case *m, descriptor d, cudnnBackendAttributeName_t name, descriptor value);
void dnn_finish(struct dnn_case *m, descriptor d);

/* A tensor of made-up values, and where they are on the device. */
struct dnn_value {
    enum dtype type;
    int64_t dim[4], stride[4];
    size_t count;
    float *x;
    void *at;
};
struct dnn_value dnn_value(const struct cuda *c, enum dtype type, bool channels_last, const int64_t dim[4],
                           unsigned seed);
void dnn_value_end(const struct cuda *c, struct dnn_value *v);
double dnn_element(const struct dnn_value *v, int64_t i, int64_t j, int64_t k, int64_t l);

descriptor dnn_tensor(struct dnn_case *m, const struct dnn_value *v, int64_t id, bool is_virtual, bool by_value);
descriptor dnn_graph(struct dnn_case *m, descriptor *operation, int64_t operations);
/* At most `room` of the heuristic's; 0 where it has none. */
int dnn_configurations(struct dnn_case *m, descriptor graph, cudnnBackendHeurMode_t mode, descriptor *config, int room);
/* A bit for each note of the configuration's engine. */
unsigned dnn_notes(struct dnn_case *m, descriptor config);
/* json: makes the plan of a text instead. */
descriptor dnn_plan(struct dnn_case *m, descriptor config, const char *json);
char *dnn_json(struct dnn_case *m, descriptor plan); /* malloc'ed */
cudnnStatus_t dnn_execute(struct dnn_case *m, descriptor plan, const struct dnn_value v[DNN_IDS], void *workspace);

#endif
