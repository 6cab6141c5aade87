/* What descriptors come to: checks, and the attributes that are computed. */
#include "tests/cuda/host/fake_cudnn.h"

#include <stdlib.h>
#include <string.h>

static bool power_of_two(int64_t n)
{
    return n > 0 && !(n & (n - 1));
}

static bool dtype_of(int64_t type, enum dtype *out)
{
    *out = type == CUDNN_DATA_FLOAT ? DTYPE_f32 : type == CUDNN_DATA_HALF ? DTYPE_f16 : DTYPE_bf16;
    return type == CUDNN_DATA_FLOAT || type == CUDNN_DATA_HALF || type == CUDNN_DATA_BFLOAT16;
}

static cudnnStatus_t finalize_tensor(struct descriptor *d)
{
    struct tensor *t = &d->tensor;
    int64_t dims, strides;
    const int64_t *dim = value_of(d, CUDNN_ATTR_TENSOR_DIMENSIONS, &dims);
    const int64_t *stride = value_of(d, CUDNN_ATTR_TENSOR_STRIDES, &strides);
    REQUIRE(dims == strides && dims == RANK, CUDNN_STATUS_NOT_SUPPORTED);
    REQUIRE(dtype_of(value_number(d, CUDNN_ATTR_TENSOR_DATA_TYPE, -1), &t->type), CUDNN_STATUS_NOT_SUPPORTED);
    for (int i = 0; i < RANK; i++) {
        t->dim[i] = dim[i];
        t->stride[i] = stride[i];
        REQUIRE(dim[i] > 0 && stride[i] > 0, CUDNN_STATUS_BAD_PARAM);
    }
    t->uid = value_number(d, CUDNN_ATTR_TENSOR_UNIQUE_ID, 0);
    t->alignment = value_number(d, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, 0);
    t->is_virtual = value_number(d, CUDNN_ATTR_TENSOR_IS_VIRTUAL, 0) != 0;
    t->by_value = value_number(d, CUDNN_ATTR_TENSOR_IS_BY_VALUE, 0) != 0;
    REQUIRE(power_of_two(t->alignment) && t->alignment >= (int64_t)fake_bytes(t->type), CUDNN_STATUS_BAD_PARAM);
    REQUIRE(!t->is_virtual || !t->by_value, CUDNN_STATUS_BAD_PARAM);
    return CUDNN_STATUS_SUCCESS;
}

static cudnnStatus_t finalize_conv(struct descriptor *d)
{
    static const int lists[] = {CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES,
                                CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS};
    int64_t rank = value_number(d, CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, 0);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        int64_t count = 0;
        const int64_t *value = value_of(d, lists[i], &count);
        REQUIRE(count == rank, CUDNN_STATUS_BAD_PARAM);
        for (int64_t j = 0; j < count; j++)
            REQUIRE(value[j] >= (i < 2), CUDNN_STATUS_BAD_PARAM);
    }
    return CUDNN_STATUS_SUCCESS;
}

static cudnnStatus_t finalize_operation(struct descriptor *d)
{
    static const int tensors[] = {
        CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
        CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, CUDNN_ATTR_OPERATION_POINTWISE_XDESC,
        CUDNN_ATTR_OPERATION_POINTWISE_BDESC,       CUDNN_ATTR_OPERATION_POINTWISE_YDESC,
        CUDNN_ATTR_OPERATION_SDPA_FWD_QDESC,        CUDNN_ATTR_OPERATION_SDPA_FWD_KDESC,
        CUDNN_ATTR_OPERATION_SDPA_FWD_VDESC,        CUDNN_ATTR_OPERATION_SDPA_FWD_ODESC};
    for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++) {
        const struct descriptor *t = value_descriptor(d, tensors[i]);
        REQUIRE(!t || t->kind == CUDNN_BACKEND_TENSOR_DESCRIPTOR, CUDNN_STATUS_BAD_PARAM);
    }
    return CUDNN_STATUS_SUCCESS;
}

/* A device that was described by its properties, the current one, or a handle's. 0 where none was said. */
int device_capability(const struct descriptor *d, int handle, int device)
{
    const struct descriptor *described = value_descriptor(d, device);
    if (described)
        return described->made.capability;
    return value_of(d, handle, NULL) ? fake_device_now()->capability * 10 : 0;
}

static cudnnStatus_t finalize_device(struct descriptor *d)
{
    const char *json = value_of(d, CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, NULL);
    if (json) {
        REQUIRE(json_number(json, "deviceVer", &d->made.capability), CUDNN_STATUS_BAD_PARAM);
        return CUDNN_STATUS_SUCCESS;
    }
    REQUIRE(fake_device_now() &&
                (value_of(d, CUDNN_ATTR_DEVICEPROP_HANDLE, NULL) || value_of(d, CUDNN_ATTR_DEVICEPROP_DEVICE_ID, NULL)),
            CUDNN_STATUS_BAD_PARAM);
    d->made.capability = fake_device_now()->capability * 10;
    return CUDNN_STATUS_SUCCESS;
}

/* Of a heuristic or an engine: the graph's, for its own device. */
static cudnnStatus_t made_of_graph(struct descriptor *d, int graph, int device)
{
    const struct descriptor *g = value_descriptor(d, graph), *described = value_descriptor(d, device);
    REQUIRE(g->kind == CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR, CUDNN_STATUS_BAD_PARAM);
    REQUIRE(!described || described->kind == CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR, CUDNN_STATUS_BAD_PARAM);
    d->made = g->made;
    if (described)
        d->made.capability = described->made.capability;
    REQUIRE(d->made.capability, CUDNN_STATUS_BAD_PARAM);
    return CUDNN_STATUS_SUCCESS;
}

/* The i-th that the list has for the problem and the device. */
static bool result(const struct descriptor *d, int i, struct made *out)
{
    bool fallback = value_number(d, CUDNN_ATTR_ENGINEHEUR_MODE, 0) == CUDNN_HEUR_MODE_FALLBACK;
    for (int at = 0; engine_listed(&d->made.problem, fallback, at, out); at++) {
        out->capability = d->made.capability;
        if (engine_for(out) && !i--)
            return true;
    }
    return false;
}

static cudnnStatus_t finalize_heuristic(struct descriptor *d)
{
    struct made first;
    PASS(made_of_graph(d, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, CUDNN_ATTR_ENGINEHEUR_DEVICEPROP));
    if (!result(d, 0, &first))
        return fail(CUDNN_STATUS_NOT_SUPPORTED, "no engine takes this graph on a device of %d", d->made.capability);
    return CUDNN_STATUS_SUCCESS;
}

static cudnnStatus_t finalize_engine(struct descriptor *d)
{
    PASS(made_of_graph(d, CUDNN_ATTR_ENGINE_OPERATION_GRAPH, CUDNN_ATTR_ENGINE_DEVICEPROP));
    int64_t index = value_number(d, CUDNN_ATTR_ENGINE_GLOBAL_INDEX, -1);
    REQUIRE(index >= 0 && index < ENGINES, CUDNN_STATUS_BAD_PARAM_OUT_OF_BOUND);
    d->made.engine = (int)index;
    return engine_for(&d->made) ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_NOT_SUPPORTED;
}

static cudnnStatus_t finalize_config(struct descriptor *d)
{
    const struct descriptor *e = value_descriptor(d, CUDNN_ATTR_ENGINECFG_ENGINE);
    int64_t choices = 0;
    struct descriptor *const *choice = value_of(d, CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, &choices);
    REQUIRE(e->kind == CUDNN_BACKEND_ENGINE_DESCRIPTOR, CUDNN_STATUS_BAD_PARAM);
    d->made = e->made;
    const struct engine *engine = engine_for(&d->made);
    for (int64_t i = 0; i < choices; i++) {
        int64_t value = value_number(choice[i], CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, -1);
        REQUIRE(choice[i]->kind == CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR, CUDNN_STATUS_BAD_PARAM);
        REQUIRE(value_number(choice[i], CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, -1) == (int64_t)engine->knob && value >= 0 &&
                    value < engine->knobs,
                CUDNN_STATUS_NOT_SUPPORTED);
        d->made.knob = (int)value;
    }
    return CUDNN_STATUS_SUCCESS;
}

static cudnnStatus_t finalize_plan(struct descriptor *d)
{
    const struct descriptor *config = value_descriptor(d, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG);
    const char *json = value_of(d, CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, NULL);
    int capability = device_capability(d, CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP);
    REQUIRE(capability, CUDNN_STATUS_BAD_PARAM);
    if (json) {
        PASS(plan_parse(json, capability, &d->made));
    } else {
        REQUIRE(config && config->kind == CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, CUDNN_STATUS_BAD_PARAM);
        d->made = config->made;
        REQUIRE(d->made.capability == capability, CUDNN_STATUS_NOT_SUPPORTED_ARCH_MISMATCH);
    }
    d->json = plan_json(&d->made);
    REQUIRE(d->json, CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED);
    return CUDNN_STATUS_SUCCESS;
}

static cudnnStatus_t finalize_pack(struct descriptor *d)
{
    int64_t ids = 0, pointers = 0;
    const int64_t *id = value_of(d, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, &ids);
    value_of(d, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, &pointers);
    REQUIRE(ids == pointers, CUDNN_STATUS_BAD_PARAM);
    for (int64_t i = 0; i < ids; i++)
        for (int64_t j = 0; j < i; j++)
            REQUIRE(id[i] != id[j], CUDNN_STATUS_BAD_PARAM_DUPLICATED_ENTRIES);
    return CUDNN_STATUS_SUCCESS;
}

static cudnnStatus_t nothing_to_do(struct descriptor *d)
{
    (void)d;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t finalize(struct descriptor *d)
{
    static const struct {
        cudnnBackendDescriptorType_t kind;
        cudnnStatus_t (*does)(struct descriptor *d);
    } rows[] = {
        {CUDNN_BACKEND_TENSOR_DESCRIPTOR, finalize_tensor},
        {CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, finalize_conv},
        {CUDNN_BACKEND_POINTWISE_DESCRIPTOR, nothing_to_do},
        {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR, finalize_operation},
        {CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR, finalize_operation},
        {CUDNN_BACKEND_OPERATION_SDPA_FWD_DESCRIPTOR, finalize_operation},
        {CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR, finalize_graph},
        {CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR, finalize_heuristic},
        {CUDNN_BACKEND_ENGINE_DESCRIPTOR, finalize_engine},
        {CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, finalize_config},
        {CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR, nothing_to_do},
        {CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, finalize_plan},
        {CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR, finalize_pack},
        {CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR, finalize_device},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].kind == d->kind)
            return rows[i].does(d);
    return fail(CUDNN_STATUS_NOT_SUPPORTED, "descriptors of kind %d", (int)d->kind);
}

/* Makes a descriptor that the program has ready into one that is finalized. */
static cudnnStatus_t fill(void *ready, cudnnBackendDescriptorType_t kind, const struct made *m)
{
    struct descriptor *d = descriptor_known(ready);
    REQUIRE(d && d->kind == kind, CUDNN_STATUS_BAD_PARAM);
    d->made = *m;
    d->final = true;
    if (kind == CUDNN_BACKEND_ENGINE_DESCRIPTOR) {
        int64_t index = m->engine;
        return value_set(d, CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, 1, &index, sizeof index);
    }
    if (kind == CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR) {
        int64_t value = m->knob;
        cudnnBackendKnobType_t type = engine_for(m)->knob;
        PASS(value_set(d, CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, CUDNN_TYPE_INT64, 1, &value, sizeof value));
        return value_set(d, CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, CUDNN_TYPE_KNOB_TYPE, 1, &type, sizeof type);
    }
    return CUDNN_STATUS_SUCCESS;
}

/* As the library does, a heuristic announces more than it has in the end. */
static cudnnStatus_t results(const struct descriptor *d, int64_t requested, int64_t *count, void *const *ready)
{
    struct made m;
    int there = 0;
    while ((!requested || there < requested) && result(d, there, &m)) {
        if (requested)
            PASS(fill(ready[there], CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, &m));
        there++;
    }
    *count = requested ? there : there + 1;
    return CUDNN_STATUS_SUCCESS;
}

static int64_t copy(void *out, int64_t requested, const void *from, int64_t there, size_t bytes)
{
    int64_t n = there < requested ? there : requested;
    if (n)
        memcpy(out, from, (size_t)n * bytes);
    return requested ? n : there;
}

bool computed(const struct descriptor *d, int attribute, int64_t requested, int64_t *count, void *elements,
              cudnnStatus_t *status)
{
    const struct engine *e = d->made.problem.kind && d->made.capability ? engine_for(&d->made) : NULL;
    const int64_t engines = ENGINES, workspace = d->kind == CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR
                                                     ? (int64_t)engine_workspace(&d->made)
                                                     : 0;
    void *const *ready = elements;
    switch (attribute) {
    case CUDNN_ATTR_OPERATIONGRAPH_ENGINE_GLOBAL_COUNT:
        *count = copy(elements, requested, &engines, 1, sizeof engines);
        return true;
    case CUDNN_ATTR_ENGINEHEUR_RESULTS:
        *status = results(d, requested, count, ready);
        return true;
    case CUDNN_ATTR_ENGINE_NUMERICAL_NOTE:
        *count = copy(elements, requested, e->note, e->notes, sizeof *e->note);
        return true;
    case CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE:
        *count = copy(elements, requested, e->behavior, e->behaviors, sizeof *e->behavior);
        return true;
    case CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG:
    case CUDNN_ATTR_ENGINECFG_ENGINE:
    case CUDNN_ATTR_ENGINECFG_KNOB_CHOICES:
        *count = 1;
        if (requested)
            *status = fill(ready[0],
                           attribute == CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG ? CUDNN_BACKEND_ENGINECFG_DESCRIPTOR
                           : attribute == CUDNN_ATTR_ENGINECFG_ENGINE           ? CUDNN_BACKEND_ENGINE_DESCRIPTOR
                                                                                : CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR,
                           &d->made);
        return true;
    case CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE:
        *count = copy(elements, requested, &workspace, 1, sizeof workspace);
        return true;
    case CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION:
        *count = copy(elements, requested, d->json, (int64_t)strlen(d->json), 1);
        return true;
    default:
        return false;
    }
}
