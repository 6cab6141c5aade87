#include "pipeline/runtime/cuda/ops/scores.h"

#include <stdio.h>
#include <stdlib.h>

#include "pipeline/runtime/cuda/cublas/gemm.h"
#include "pipeline/runtime/cuda/ops/operand.h"

/* So much for scores, then heads take turns. */
enum { ENOUGH = 256 << 20, PAD = 8 };

struct scores {
    struct cuda *cuda;
    struct view q, k, v, y;
    float factor;
    int64_t together; /* heads of one image at a time */
    int64_t pitch;    /* of a row of scores */
    struct gemm *first, *second;
    struct softmax softmax;
    size_t shares_at, workspace_at, bytes;
    char name[128];
};

void scores_free(struct scores *k)
{
    if (!k)
        return;
    gemm_free(k->first);
    gemm_free(k->second);
    free(k);
}

size_t scores_scratch_bytes(const struct scores *k)
{
    return k->bytes;
}

const char *scores_name(const struct scores *k)
{
    return k->name;
}

static struct err make_products(const struct site *s, struct scores *k)
{
    const int64_t t = k->q.dim[2], keys = k->k.dim[2], d = k->q.dim[3], every = t * k->pitch;
    const enum numerics numerics = site_numerics(s, k->q.dtype);
    const struct gemm_matrix grid = {k->pitch, every};
    const struct gemm_problem first = {.m = t,
                                       .n = keys,
                                       .k = d,
                                       .batch = k->together,
                                       .b_rows = true,
                                       .a = {k->q.stride[2], k->q.stride[1]},
                                       .b = {k->k.stride[2], k->k.stride[1]},
                                       .d = grid,
                                       .read = k->q.dtype,
                                       .write = DTYPE_f32,
                                       .numerics = numerics};
    const struct gemm_problem second = {.m = t,
                                        .n = d,
                                        .k = keys,
                                        .batch = k->together,
                                        .a = grid,
                                        .b = {k->v.stride[2], k->v.stride[1]},
                                        .d = {k->y.stride[2], k->y.stride[1]},
                                        .read = k->q.dtype,
                                        .write = k->y.dtype,
                                        .numerics = numerics};
    TRY(gemm_make(s->cuda, &first, &k->first));
    return gemm_make(s->cuda, &second, &k->second);
}

struct err scores_make(const struct site *s, struct scores **out)
{
    struct scores *k = calloc(1, sizeof *k);
    *out = NULL;
    if (!k)
        return err_fail("out of memory");
    k->cuda = s->cuda;
    k->q = view_of(site_input(s, 0));
    k->k = view_of(site_input(s, 1));
    k->v = view_of(site_input(s, 2));
    k->y = view_of(site_result(s));
    k->factor = (float)s->node->params.factor;
    const int64_t t = k->q.dim[2], keys = k->k.dim[2], heads = k->q.dim[1];
    k->pitch = (keys + PAD - 1) / PAD * PAD;
    k->together = t * k->pitch * heads * (int64_t)sizeof(float) <= ENOUGH ? heads : 1;
    struct err e = make_products(s, k);
    if (e.code) {
        scores_free(k);
        return e;
    }
    const int64_t rows = k->together * t;
    k->softmax = (struct softmax){.read = DTYPE_f32,
                                  .write = k->q.dtype,
                                  .rows = rows,
                                  .width = keys,
                                  .x_pitch = k->pitch,
                                  .y_pitch = k->pitch,
                                  .queries = t,
                                  .causal = s->node->params.causal};
    k->shares_at = memory_aligned((size_t)(rows * k->pitch) * sizeof(float));
    k->workspace_at = k->shares_at + memory_aligned((size_t)(rows * k->pitch) * dtypes[k->q.dtype].bytes);
    const size_t a = gemm_workspace(k->first), b = gemm_workspace(k->second);
    k->bytes = k->workspace_at + (a > b ? a : b);
    snprintf(k->name, sizeof k->name, "scores %s, softmax own, %s", gemm_name(k->first), gemm_name(k->second));
    *out = k;
    return OK;
}

static const char *at(const struct view *v, const void *base, int64_t image, int64_t head)
{
    return (const char *)base + (image * v->stride[0] + head * v->stride[1]) * (int64_t)dtypes[v->dtype].bytes;
}

struct err scores_run(const struct scores *k, const struct binding *b)
{
    char *scratch = b->scratch, *shares = scratch + k->shares_at, *workspace = scratch + k->workspace_at;
    for (int64_t image = 0; image < k->q.dim[0]; image++)
        for (int64_t head = 0; head < k->q.dim[1]; head += k->together) {
            const struct gemm_operands first = {.a = at(&k->q, b->input[0], image, head),
                                                .b = at(&k->k, b->input[1], image, head),
                                                .d = scratch,
                                                .workspace = workspace,
                                                .alpha = k->factor};
            const struct gemm_operands second = {.a = shares,
                                                 .b = at(&k->v, b->input[2], image, head),
                                                 .d = (char *)(uintptr_t)at(&k->y, b->output[0], image, head),
                                                 .workspace = workspace,
                                                 .alpha = 1};
            struct softmax softmax = k->softmax;
            softmax.x = scratch;
            softmax.y = shares;
            TRY(gemm_run(k->first, &first));
            TRY(cuda_check(launch_softmax(&softmax, k->cuda->stream), "a softmax"));
            TRY(gemm_run(k->second, &second));
        }
    return OK;
}
