/* Attention: which way, by what is asked for. The first row of `ways` that takes a node computes it. */
#include <stdio.h>
#include <stdlib.h>

#include "pipeline/runtime/cuda/cudnn/dnn_choice.h"
#include "pipeline/runtime/cuda/ops/operand.h"
#include "pipeline/runtime/cuda/ops/scores.h"

struct attending {
    struct cuda *cuda;
    struct attention own;
    cudaError_t (*launch)(const struct attention *, cudaStream_t);
    struct dnn_plan *plan;
    struct scores *scores;
    struct map convert; /* of a 16-bit result to float32 */
    bool converts;
    size_t workspace_at;
    struct binding at;
};

static struct err bind(void *own, const struct binding *b)
{
    struct attending *k = own;
    k->at = *b;
    k->own.q.at = b->input[0];
    k->own.k.at = b->input[1];
    k->own.v.at = b->input[2];
    k->own.y.at = b->output[0];
    k->convert.a.at = b->scratch;
    k->convert.y.at = b->output[0];
    if (!k->plan)
        return OK;
    void *slot[DNN_SLOTS] = {[DNN_Q] = (void *)(uintptr_t)b->input[0],
                             [DNN_K] = (void *)(uintptr_t)b->input[1],
                             [DNN_V] = (void *)(uintptr_t)b->input[2],
                             [DNN_O] = k->converts ? b->scratch : b->output[0]};
    return dnn_plan_bind(k->plan, slot, k->own.factor, (char *)b->scratch + k->workspace_at);
}

static struct err run(void *own)
{
    const struct attending *k = own;
    if (k->launch)
        return cuda_check(k->launch(&k->own, k->cuda->stream), "an attention");
    if (k->scores)
        return scores_run(k->scores, &k->at);
    TRY(dnn_plan_run(k->plan));
    return k->converts ? run_map(k->cuda, &k->convert) : OK;
}

static void attending_free(void *own)
{
    struct attending *k = own;
    if (k) {
        dnn_plan_free(k->plan);
        scores_free(k->scores);
    }
    free(k);
}

/* A way takes a node (OK), leaves it to the next (ERR_ABSENT), or fails. */
typedef struct err way(const struct site *s, struct attending *k, struct kernel *out);

static struct err leave(void)
{
    return err_make(ERR_ABSENT, "not for this way");
}

/* At the most: a row in shared memory is padded by up to 15 values. */
static size_t causal_shared_bytes(const struct attention *a)
{
    const int64_t width = a->q.dim[3], keys = a->k.dim[2], shares = 8192;
    return (size_t)(2 * keys * (width + 8) + 16 * (width + 16)) * sizeof(float) + (size_t)shares;
}

/* A few tokens: text. */
static struct err causal_kernel(const struct site *s, struct attending *k, struct kernel *out)
{
    const struct attention *a = &k->own;
    (void)s;
    if (!a->causal || a->q.dim[2] > ATTENTION_CAUSAL_KEYS || a->k.dim[2] > ATTENTION_CAUSAL_KEYS || a->q.dim[3] > 128 ||
        causal_shared_bytes(a) > a->shared_bytes)
        return leave();
    k->launch = launch_attention_causal;
    snprintf(out->name, sizeof out->name, "attention own causal");
    return OK;
}

/* float32 in IEEE arithmetic: no library has it. */
static struct err float_kernel(const struct site *s, struct attending *k, struct kernel *out)
{
    const struct attention *a = &k->own;
    if (a->q.dtype != DTYPE_f32 || a->y.dtype != DTYPE_f32 || a->q.dim[3] > ATTENTION_WIDEST ||
        site_numerics(s, DTYPE_f32) != NUMERICS_ieee)
        return leave();
    k->launch = launch_attention;
    snprintf(out->name, sizeof out->name, "attention own float32");
    return OK;
}

static void strides_of(const struct view *v, int64_t out[3])
{
    for (int i = 0; i < 3; i++)
        out[i] = v->stride[i];
}

/* cuDNN counts on 16 bytes: whether every head of the operands begins at a multiple of them. */
static bool lies_in_sixteens(const struct site *s)
{
    const struct value *all[] = {site_input(s, 0), site_input(s, 1), site_input(s, 2), site_result(s)};
    int64_t steps = 0;
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        steps |= all[i]->offset;
        for (int k = 0; k < 3; k++)
            steps |= all[i]->shape.dim[k] > 1 ? all[i]->stride[k] : 0;
    }
    return steps * (int64_t)dtypes[DTYPE_f16].bytes % 16 == 0;
}

static struct err library(const struct site *s, struct attending *k, struct kernel *out)
{
    const struct attention *a = &k->own;
    struct attention_problem p = {.n = a->q.dim[0],
                                  .heads = a->q.dim[1],
                                  .t = a->q.dim[2],
                                  .s = a->k.dim[2],
                                  .d = a->q.dim[3],
                                  .read = a->q.dtype,
                                  .numerics = NUMERICS_half};
    struct dnn_graph *graph;
    if (a->causal || a->q.dtype != DTYPE_f16 || !lies_in_sixteens(s))
        return leave();
    strides_of(&a->q, p.q);
    strides_of(&a->k, p.k);
    strides_of(&a->v, p.v);
    strides_of(&a->y, p.y);
    TRY(dnn_attention(s->cuda->dnn, &p, &graph));
    const size_t bytes[DNN_SLOTS] = {[DNN_Q] = (size_t)(p.n * p.q[0]) * 2,
                                     [DNN_K] = (size_t)(p.n * p.k[0]) * 2,
                                     [DNN_V] = (size_t)(p.n * p.v[0]) * 2,
                                     [DNN_O] = (size_t)(p.n * p.y[0]) * 2};
    struct err e = dnn_choose(s->cuda, graph, bytes, &k->plan);
    if (e.code && !s->cuda->options.plan_file)
        e.code = ERR_ABSENT; /* an engine that is announced and cannot be made, as without NVRTC: products do it */
    TRY(e);
    k->converts = a->y.dtype != DTYPE_f16;
    k->convert = (struct map){.a = a->y, .y = a->y, .factor = 1};
    k->convert.a.dtype = DTYPE_f16;
    k->workspace_at = k->converts ? memory_aligned((size_t)shape_count(site_result(s)->shape) * 2) : 0;
    out->scratch_bytes = k->workspace_at + dnn_plan_workspace(k->plan);
    snprintf(out->name, sizeof out->name, "attention cudnn %s", dnn_plan_name(k->plan));
    return OK;
}

static struct err products(const struct site *s, struct attending *k, struct kernel *out)
{
    TRY(scores_make(s, &k->scores));
    out->scratch_bytes = scores_scratch_bytes(k->scores);
    snprintf(out->name, sizeof out->name, "attention %s", scores_name(k->scores));
    return OK;
}

struct err choose_attention(const struct site *s, struct kernel *out)
{
    static const struct kernel_class class = {NULL, bind, run, attending_free};
    static way *const ways[] = {causal_kernel, float_kernel, library, products};
    TRY(kernel_make(s->node, &class, sizeof(struct attending), out));
    struct attending *k = out->own;
    k->cuda = s->cuda;
    k->own = (struct attention){.q = view_of(site_input(s, 0)),
                                .k = view_of(site_input(s, 1)),
                                .v = view_of(site_input(s, 2)),
                                .y = view_of(site_result(s)),
                                .factor = (float)s->node->params.factor,
                                .causal = s->node->params.causal,
                                .shared_bytes = s->cuda->device.shared_bytes};
    const struct view *all[] = {&k->own.q, &k->own.k, &k->own.v, &k->own.y};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (all[i]->dim[3] > 1 && all[i]->stride[3] != 1)
            return kernel_keep(err_fail("attends to heads whose values lie side by side: a reorder is missing"), out);
    struct err e = leave();
    for (size_t i = 0; i < ARRAY_LEN(ways) && e.code == ERR_ABSENT; i++) {
        err_free(&e);
        e = ways[i](s, k, out);
    }
    return kernel_keep(e, out);
}
