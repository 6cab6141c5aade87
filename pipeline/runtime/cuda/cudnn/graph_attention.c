/* Attention as one operation, without its row statistics. K is not transposed; heads may lie side by side in a row of
 * tokens. cuDNN has it for 16-bit values of sm_80 and later, compiled at run time. */
#include "pipeline/runtime/cuda/cudnn/graph.h"
#include "pipeline/runtime/cuda/cudnn/numerics.h"

/* The operation is in the headers since 9.13.1. */
#define HAS_ATTENTION (CUDNN_VERSION >= 91301)

static void add_strides(struct text *t, const char *name, const int64_t stride[3])
{
    text_add(t, " %s%lld,%lld,%lld", name, (long long)stride[0], (long long)stride[1], (long long)stride[2]);
}

static void add_signature(struct text *t, const struct attention_problem *p)
{
    text_add(t, "attention %s n%lld heads %lld t%lld s%lld d%lld", dtypes[p->read].name, (long long)p->n,
             (long long)p->heads, (long long)p->t, (long long)p->s, (long long)p->d);
    add_strides(t, "q", p->q);
    add_strides(t, "k", p->k);
    add_strides(t, "v", p->v);
    add_strides(t, "y", p->y);
    text_add(t, " %s", numerics_names[p->numerics]);
}

static struct err check(const struct attention_problem *p)
{
    if (p->n < 1 || p->heads < 1 || p->t < 1 || p->s < 1 || p->d < 1)
        return err_fail("a size is not positive");
    if (p->numerics != NUMERICS_half || !numerics_fit(p->numerics, p->read))
        return err_make(ERR_ABSENT, "cuDNN has attention for 16-bit values only");
    return OK;
}

#if HAS_ATTENTION
static struct err heads(struct dnn_graph *g, const struct attention_problem *p, int slot, int64_t tokens,
                        const int64_t stride[3], descriptor *out)
{
    const int64_t dim[] = {p->n, p->heads, tokens, p->d}, strides[] = {stride[0], stride[1], stride[2], 1};
    return dnn_graph_tensor(g, TENSOR_SLOT, slot, p->read, dim, strides, out);
}

static struct err build(struct dnn_graph *g, const struct attention_problem *p)
{
    static const int64_t one[] = {1, 1, 1, 1};
    descriptor q, k, v, y, factor, operation;
    TRY(heads(g, p, DNN_Q, p->t, p->q, &q));
    TRY(heads(g, p, DNN_K, p->s, p->k, &k));
    TRY(heads(g, p, DNN_V, p->s, p->v, &v));
    TRY(heads(g, p, DNN_O, p->t, p->y, &y));
    TRY(dnn_graph_tensor(g, TENSOR_FACTOR, 0, DTYPE_f32, one, one, &factor));
    const struct attribute a[] = {
        {CUDNN_ATTR_OPERATION_SDPA_FWD_QDESC, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &q},
        {CUDNN_ATTR_OPERATION_SDPA_FWD_KDESC, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &k},
        {CUDNN_ATTR_OPERATION_SDPA_FWD_VDESC, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &v},
        {CUDNN_ATTR_OPERATION_SDPA_FWD_ODESC, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &y},
        {CUDNN_ATTR_OPERATION_SDPA_FWD_SCALEDESC, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &factor},
    };
    TRY(descriptor_build(&g->own, CUDNN_BACKEND_OPERATION_SDPA_FWD_DESCRIPTOR, "attention", a, ARRAY_LEN(a),
                         &operation));
    return dnn_graph_finish(g, &operation, 1);
}
#else
static struct err build(struct dnn_graph *g, const struct attention_problem *p)
{
    (void)g, (void)p;
    return err_make(ERR_ABSENT,
                    "this program was compiled for cuDNN %d.%d.%d, which has no attention: that needs 9.13.1",
                    CUDNN_MAJOR, CUDNN_MINOR, CUDNN_PATCHLEVEL);
}
#endif

struct err dnn_attention(struct dnn *d, const struct attention_problem *p, struct dnn_graph **out)
{
    struct dnn_graph *g;
    TRY(dnn_graph_new(d, p->numerics, &g));
    add_signature(&g->signature, p);
    struct err e = check(p);
    return dnn_graph_keep(g, e.code ? e : build(g, p), out);
}
