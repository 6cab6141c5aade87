#include "pipeline/runtime/cuda/cudnn/graph.h"

#include <stdlib.h>

struct err dnn_graph_new(struct dnn *d, enum numerics n, struct dnn_graph **out)
{
    struct dnn_graph *g = calloc(1, sizeof *g);
    if (!g)
        return err_fail("cuDNN: out of memory for a graph");
    g->dnn = d;
    g->numerics = n;
    g->references = 1;
    *out = g;
    return OK;
}

struct dnn_graph *dnn_graph_share(struct dnn_graph *g)
{
    g->references++;
    return g;
}

void dnn_graph_free(struct dnn_graph *g)
{
    if (!g || --g->references)
        return;
    for (int i = 0; i < g->choices; i++)
        free(g->choice[i].name);
    free(g->choice);
    descriptors_free(&g->own);
    text_free(&g->signature);
    free(g);
}

struct err dnn_graph_keep(struct dnn_graph *g, struct err e, struct dnn_graph **out)
{
    e = err_wrap(e, "%s", text_get(&g->signature));
    if (e.code)
        dnn_graph_free(g);
    else
        *out = g;
    return e;
}

static struct err data_type(enum dtype dtype, cudnnDataType_t *out)
{
    static const struct {
        enum dtype ours;
        cudnnDataType_t theirs;
    } types[] = {{DTYPE_f32, CUDNN_DATA_FLOAT}, {DTYPE_f16, CUDNN_DATA_HALF}, {DTYPE_bf16, CUDNN_DATA_BFLOAT16}};
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (types[i].ours == dtype) {
            *out = types[i].theirs;
            return OK;
        }
    return err_fail("cuDNN: no tensors of %s here", dtypes[dtype].name);
}

/* Those in no memory are numbered behind the others. */
static int64_t tensor_uid(const struct dnn_graph *g, enum tensor_kind kind, int slot)
{
    return kind == TENSOR_SLOT     ? slot_uid(slot)
           : kind == TENSOR_FACTOR ? FACTOR_UID
                                   : FACTOR_UID + 1 + (int64_t)g->own.count;
}

struct err dnn_graph_tensor(struct dnn_graph *g, enum tensor_kind kind, int slot, enum dtype dtype,
                            const int64_t dim[4], const int64_t stride[4], descriptor *out)
{
    const bool is_virtual = kind == TENSOR_VIRTUAL, by_value = kind == TENSOR_FACTOR;
    const int64_t alignment = by_value ? (int64_t)dtypes[dtype].bytes : ALIGNMENT;
    const int64_t uid = tensor_uid(g, kind, slot);
    cudnnDataType_t type;
    TRY(data_type(dtype, &type));
    const struct attribute a[] = {
        {CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &type},
        {CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, 4, dim},
        {CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, 4, stride},
        {CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, 1, &uid},
        {CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, 1, &alignment},
        {CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, 1, &is_virtual},
        {CUDNN_ATTR_TENSOR_IS_BY_VALUE, CUDNN_TYPE_BOOLEAN, 1, &by_value},
    };
    if (kind == TENSOR_SLOT)
        g->slot[slot] = true;
    g->scaled |= by_value;
    return descriptor_build(&g->own, CUDNN_BACKEND_TENSOR_DESCRIPTOR, "a tensor", a, ARRAY_LEN(a), out);
}

struct err dnn_graph_finish(struct dnn_graph *g, const descriptor *operation, int operations)
{
    struct attribute a[] = {
        {CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, operations, operation},
        {CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, 1, &g->dnn->handle},
    };
    TRY(descriptor_build(&g->own, CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR, "the graph", a, g->dnn->handle ? 2 : 1,
                         &g->graph));
    return dnn_choices_find(g);
}

int dnn_graph_choices(const struct dnn_graph *g)
{
    return g->choices;
}

const char *dnn_graph_signature(const struct dnn_graph *g)
{
    return text_get(&g->signature);
}

int dnn_choice_engine(const struct dnn_graph *g, int choice)
{
    return (int)g->choice[choice].engine;
}

bool dnn_choice_compiles(const struct dnn_graph *g, int choice)
{
    return g->choice[choice].compiles;
}

const char *dnn_choice_name(const struct dnn_graph *g, int choice)
{
    return g->choice[choice].name;
}
