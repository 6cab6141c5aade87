#if __has_include(<cudnn.h>) && __has_include(<cublasLt.h>)
#include "tests/cuda/fakes_cudnn.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

descriptor dnn_make(struct dnn_case *m, cudnnBackendDescriptorType_t type)
{
    cr_assert_lt(m->count, DNN_DESCRIPTORS);
    cr_assert(!m->c->cudnnBackendCreateDescriptor(type, &m->all[m->count]));
    return m->all[m->count++];
}

void dnn_end(struct dnn_case *m)
{
    while (m->count)
        cr_assert(!m->c->cudnnBackendDestroyDescriptor(m->all[--m->count]));
    cr_assert(!m->c->cudnnDestroy(m->handle));
}

struct dnn_case dnn_begin(const struct cuda *c)
{
    struct dnn_case m = {.c = c};
    cr_assert(!c->cudnnGraphVersionCheck() && !c->cudnnCreate(&m.handle) && !c->cudnnSetStream(m.handle, 0));
    return m;
}

void dnn_set(struct dnn_case *m, descriptor d, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
             int64_t count, const void *value)
{
    cudnnStatus_t status = m->c->cudnnBackendSetAttribute(d, name, type, count, value);
    cr_assert_eq(status, CUDNN_STATUS_SUCCESS, "attribute %d: status %d", (int)name, (int)status);
}

void dnn_set_one(struct dnn_case *m, descriptor d, cudnnBackendAttributeName_t name, descriptor value)
{
    dnn_set(m, d, name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &value);
}

void dnn_finish(struct dnn_case *m, descriptor d)
{
    char why[256];
    cudnnStatus_t status = m->c->cudnnBackendFinalize(d);
    m->c->cudnnGetLastErrorString(why, sizeof why);
    cr_assert_eq(status, CUDNN_STATUS_SUCCESS, "status %d: %s", (int)status, why);
}

static cudnnDataType_t type_of(enum dtype t)
{
    return t == DTYPE_f16 ? CUDNN_DATA_HALF : t == DTYPE_bf16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
}

struct dnn_value dnn_value(const struct cuda *c, enum dtype type, bool channels_last, const int64_t dim[4],
                           unsigned seed)
{
    struct dnn_value v = {.type = type, .count = (size_t)(dim[0] * dim[1] * dim[2] * dim[3])};
    memcpy(v.dim, dim, sizeof v.dim);
    const int64_t last[] = {dim[1] * dim[2] * dim[3], 1, dim[3] * dim[1], dim[1]},
                  first[] = {dim[1] * dim[2] * dim[3], dim[2] * dim[3], dim[3], 1};
    memcpy(v.stride, channels_last ? last : first, sizeof v.stride);
    v.x = malloc(v.count * sizeof *v.x);
    fakes_fill(v.x, v.count, seed);
    v.at = fakes_upload_as(c, v.x, type, v.count);
    return v;
}

void dnn_value_end(const struct cuda *c, struct dnn_value *v)
{
    free(v->x);
    if (v->at)
        cr_assert(!c->cudaFree(v->at));
}

double dnn_element(const struct dnn_value *v, int64_t i, int64_t j, int64_t k, int64_t l)
{
    return (double)v->x[i * v->stride[0] + j * v->stride[1] + k * v->stride[2] + l * v->stride[3]];
}

descriptor dnn_tensor(struct dnn_case *m, const struct dnn_value *v, int64_t id, bool is_virtual, bool by_value)
{
    const cudnnDataType_t type = type_of(v->type);
    const int64_t alignment = by_value ? 4 : 16;
    descriptor d = dnn_make(m, CUDNN_BACKEND_TENSOR_DESCRIPTOR);
    dnn_set(m, d, CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &type);
    dnn_set(m, d, CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, 4, v->dim);
    dnn_set(m, d, CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, 4, v->stride);
    dnn_set(m, d, CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, 1, &id);
    dnn_set(m, d, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, 1, &alignment);
    dnn_set(m, d, CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, 1, &is_virtual);
    dnn_set(m, d, CUDNN_ATTR_TENSOR_IS_BY_VALUE, CUDNN_TYPE_BOOLEAN, 1, &by_value);
    dnn_finish(m, d);
    return d;
}

descriptor dnn_graph(struct dnn_case *m, descriptor *operation, int64_t operations)
{
    descriptor g = dnn_make(m, CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    dnn_set(m, g, CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, operations, operation);
    dnn_set(m, g, CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, 1, &m->handle);
    dnn_finish(m, g);
    return g;
}

int dnn_configurations(struct dnn_case *m, descriptor graph, cudnnBackendHeurMode_t mode, descriptor *config, int room)
{
    int64_t count = 0;
    descriptor h = dnn_make(m, CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
    dnn_set_one(m, h, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph);
    dnn_set(m, h, CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, &mode);
    if (m->c->cudnnBackendFinalize(h))
        return 0;
    for (int i = 0; i < room; i++)
        config[i] = dnn_make(m, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    cr_assert(!m->c->cudnnBackendGetAttribute(h, CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, room,
                                              &count, config));
    return (int)count;
}

unsigned dnn_notes(struct dnn_case *m, descriptor config)
{
    cudnnBackendNumericalNote_t note[16];
    int64_t count = 0;
    unsigned bits = 0;
    descriptor e = dnn_make(m, CUDNN_BACKEND_ENGINE_DESCRIPTOR);
    cr_assert(!m->c->cudnnBackendGetAttribute(config, CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
                                              &count, &e));
    cr_assert(!m->c->cudnnBackendGetAttribute(e, CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE, 16,
                                              &count, note));
    for (int64_t i = 0; i < count; i++)
        bits |= 1u << note[i];
    return bits;
}

descriptor dnn_plan(struct dnn_case *m, descriptor config, const char *json)
{
    descriptor p = dnn_make(m, CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
    dnn_set(m, p, CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, &m->handle);
    if (json)
        dnn_set(m, p, CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, (int64_t)strlen(json), json);
    else
        dnn_set_one(m, p, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, config);
    dnn_finish(m, p);
    return p;
}

char *dnn_json(struct dnn_case *m, descriptor plan)
{
    int64_t size = 0;
    cr_assert(!m->c->cudnnBackendGetAttribute(plan, CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, 0,
                                              &size, NULL));
    char *json = calloc((size_t)size + 1, 1);
    cr_assert(!m->c->cudnnBackendGetAttribute(plan, CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, CUDNN_TYPE_CHAR,
                                              size, &size, json));
    return json;
}

cudnnStatus_t dnn_execute(struct dnn_case *m, descriptor plan, const struct dnn_value v[DNN_IDS], void *workspace)
{
    int64_t id[DNN_IDS];
    void *at[DNN_IDS];
    for (int i = 0; i < DNN_IDS; i++) {
        id[i] = 1 + i;
        at[i] = v[i].at;
    }
    descriptor pack = dnn_make(m, CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
    dnn_set(m, pack, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, DNN_IDS, id);
    dnn_set(m, pack, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, DNN_IDS, at);
    dnn_set(m, pack, CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, &workspace);
    dnn_finish(m, pack);
    return m->c->cudnnBackendExecute(m->handle, plan, pack);
}

#else
extern int fakes_need_a_toolkit;
#endif
