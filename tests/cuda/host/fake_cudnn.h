/* Between the files of the host's cuDNN. */
#ifndef SDBENCH_TESTS_CUDA_HOST_FAKE_CUDNN_H
#define SDBENCH_TESTS_CUDA_HOST_FAKE_CUDNN_H

#pragma GCC visibility push(default)
#include <cudnn.h>
#pragma GCC visibility pop

#include "tests/cuda/host/fake.h"

/* Keeps a line for cudnnGetLastErrorString and returns the status. */
__attribute__((format(printf, 2, 3))) cudnnStatus_t fail(cudnnStatus_t status, const char *format, ...);

#define CALL(kind, refused)                                                                                 \
    do {                                                                                                    \
        enum fake_verdict verdict_ = fake_call(__func__, kind);                                             \
        if (verdict_ != FAKE_GOES_ON)                                                                       \
            return verdict_ == FAKE_FAULT ? fail(CUDNN_STATUS_EXECUTION_FAILED_CUDART, "the device failed") \
                                          : fail(refused, "refused");                                       \
    } while (0)
/* Leaves with a status and the condition as text. */
#define REQUIRE(condition, status)                      \
    do {                                                \
        if (!(condition))                               \
            return fail(status, "not so: " #condition); \
    } while (0)
#define PASS(call)                      \
    do {                                \
        cudnnStatus_t s_ = (call);      \
        if (s_ != CUDNN_STATUS_SUCCESS) \
            return s_;                  \
    } while (0)

/* A tensor of rank 4. */
enum { RANK = 4, ADDENDS = 4, ENGINES = 4 };
struct tensor {
    int64_t uid, alignment, dim[RANK], stride[RANK];
    enum dtype type;
    bool is_virtual, by_value;
};

/* What a graph computes: conv(x, w) and then sums, or attention. PROBLEM_none: nothing that there is an engine for. */
enum problem_kind { PROBLEM_none, PROBLEM_conv, PROBLEM_attention, PROBLEM_KINDS };
enum { X, W, Y, Q = X, K = W, O = Y, V, FACTOR, TENSORS };
struct problem {
    enum problem_kind kind;
    struct tensor t[TENSORS]; /* V and FACTOR: of attention */
    int64_t before[2], after[2], stride[2];
    double alpha, beta;
    int addends;
    struct tensor addend[ADDENDS];
    enum dtype between[ADDENDS]; /* what each addend is added to: the type of the virtual tensor before it */
};

/* What graphs, engines, configurations and plans have come to. */
struct made {
    struct problem problem;
    int capability;   /* of the device, times 10; 0 where none was said */
    int engine, knob; /* knob: the value of the engine's only one */
};

/* An engine. rounds: what it makes of float32 inputs. */
enum rounding { ROUNDS_nothing, ROUNDS_tf32, ROUNDS_f16 };
struct engine {
    enum problem_kind kind;
    int notes, behaviors, knobs; /* knobs: values that its knob may have: 0..knobs-1 */
    cudnnBackendNumericalNote_t note[2];
    cudnnBackendBehaviorNote_t behavior[2];
    cudnnBackendKnobType_t knob;
    enum rounding rounds;
};
/* NULL where there is no such engine or it does not take the problem on that device; then the reason is kept. */
const struct engine *engine_for(const struct made *m);
/* The heuristic's list in its order; false past its end. fallback: the other list. */
bool engine_listed(const struct problem *p, bool fallback, int i, struct made *out);
size_t engine_workspace(const struct made *m);

/* A descriptor: attributes as they were set, and what finalizing made of them. */
struct value {
    int attribute, type;
    int64_t count;
    void *data;
};
struct descriptor {
    cudnnBackendDescriptorType_t kind;
    int users; /* the program, and descriptors that have it as an attribute */
    bool final;
    int values;
    struct value *value;
    struct made made;
    struct tensor tensor; /* of tensors */
    char *json;           /* of plans and devices */
};
/* The elements of an attribute, NULL where it was not set. */
const void *value_of(const struct descriptor *d, int attribute, int64_t *count);
struct descriptor *value_descriptor(const struct descriptor *d, int attribute);
int64_t value_number(const struct descriptor *d, int attribute, int64_t otherwise);
double value_real(const struct descriptor *d, int attribute, double otherwise);
cudnnStatus_t value_set(struct descriptor *d, int attribute, int type, int64_t count, const void *elements,
                        size_t bytes);
/* Whether this is a descriptor of the program's, finalized, of a kind. */
struct descriptor *descriptor_known(const void *d);
struct descriptor *descriptor_final(const void *d, cudnnBackendDescriptorType_t kind);

/* Which attributes there are. */
enum { SET = 1, GET = 2, NEEDED = 4 };
struct attribute {
    cudnnBackendDescriptorType_t of;
    int name, type;
    int64_t most; /* elements */
    int access;
};
const struct attribute *attribute_find(cudnnBackendDescriptorType_t of, int name, int type);
const struct attribute *attribute_missing(const struct descriptor *d);
/* Bytes of an element, 0 of a type that is not known. */
size_t attribute_bytes(int type);

/* Checks all that was set and makes of it what the descriptor stands for. */
cudnnStatus_t finalize(struct descriptor *d);
cudnnStatus_t finalize_graph(struct descriptor *d);
cudnnStatus_t tensor_of(const struct descriptor *d, int attribute, struct tensor *out);
/* Attributes that are not what was set: false where this one is. */
bool computed(const struct descriptor *d, int attribute, int64_t requested, int64_t *count, void *elements,
              cudnnStatus_t *status);
/* Of device descriptions and handles: the capability. */
int device_capability(const struct descriptor *d, int handle, int device);
bool handle_open(cudnnHandle_t handle);
cudaStream_t handle_stream(cudnnHandle_t handle);

/* Plans as text. NULL where memory ran out. */
char *plan_json(const struct made *m);
cudnnStatus_t plan_parse(const char *json, int capability, struct made *out);
/* A number of a JSON text's outermost object. */
bool json_number(const char *json, const char *key, int *out);

/* Runs: one address for each of the problem's tensors, by the places in struct problem. */
struct addresses {
    void *t[TENSORS], *addend[ADDENDS];
    float factor;
};
void conv_run(const struct made *m, const struct addresses *a);
void attention_run(const struct made *m, const struct addresses *a);

#endif
