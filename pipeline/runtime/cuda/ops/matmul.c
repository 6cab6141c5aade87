/* Products of activations: scores of queries and keys, shares times values. */
#include <stdio.h>
#include <stdlib.h>

#include "pipeline/runtime/cuda/cublas/gemm.h"
#include "pipeline/runtime/cuda/ops/operand.h"

/* A batch has one distance between its matrices. Heads of several images often have not (tokens first): then each image
 * is a batch of its own. */
struct matmul {
    struct cuda *cuda;
    struct gemm *gemm;
    int64_t times;
    size_t a_step, b_step, y_step; /* bytes from one batch to the next */
    struct gemm_operands operands;
};

static struct err bind(void *own, const struct binding *b)
{
    struct matmul *k = own;
    k->operands = (struct gemm_operands){
        .a = b->input[0], .b = b->input[1], .d = b->output[0], .workspace = b->scratch, .alpha = 1};
    return OK;
}

static struct err run(void *own)
{
    struct matmul *k = own;
    struct gemm_operands o = k->operands;
    for (int64_t i = 0; i < k->times; i++) {
        TRY(gemm_run(k->gemm, &o));
        o.a = (const char *)o.a + k->a_step;
        o.b = (const char *)o.b + k->b_step;
        o.d = (char *)o.d + k->y_step;
    }
    return OK;
}

static void matmul_free(void *own)
{
    struct matmul *k = own;
    if (k)
        gemm_free(k->gemm);
    free(k);
}

/* Rows with a pitch: the last dimension must be side by side. */
static bool matrix_of(const struct view *v, struct gemm_matrix *out)
{
    out->pitch = v->dim[2] > 1 ? v->stride[2] : v->dim[3];
    out->every = v->stride[1];
    return v->dim[3] == 1 || v->stride[3] == 1;
}

/* The distance between heads, if all N h matrices lie by it. */
static bool uniform(const struct view *v)
{
    return v->dim[0] == 1 || v->stride[0] == v->dim[1] * v->stride[1];
}

struct err choose_matmul(const struct site *s, struct kernel *out)
{
    static const struct kernel_class class = {NULL, bind, run, matmul_free};
    const struct value *y = site_result(s), *x[2] = {site_input(s, 0), site_input(s, 1)};
    const struct view a = view_of(x[0]), b = view_of(x[1]), d = view_of(y);
    struct gemm_problem p = {.m = d.dim[2],
                             .n = d.dim[3],
                             .k = a.dim[3],
                             .b_rows = s->node->params.transpose,
                             .read = x[0]->dtype,
                             .write = y->dtype,
                             .numerics = site_numerics(s, x[0]->dtype)};
    TRY(kernel_make(s->node, &class, sizeof(struct matmul), out));
    struct matmul *k = out->own;
    k->cuda = s->cuda;
    if (x[0]->dtype != x[1]->dtype || x[0]->rate == RATE_LOAD || x[1]->rate == RATE_LOAD)
        return kernel_keep(err_fail("multiplies activations of one dtype: a cast is missing"), out);
    if (!matrix_of(&a, &p.a) || !matrix_of(&b, &p.b) || !matrix_of(&d, &p.d))
        return kernel_keep(err_fail("multiplies rows of values that lie side by side: a reorder is missing"), out);
    const bool one = uniform(&a) && uniform(&b) && uniform(&d);
    p.batch = one ? d.dim[0] * d.dim[1] : d.dim[1];
    k->times = one ? 1 : d.dim[0];
    k->a_step = (size_t)a.stride[0] * dtypes[a.dtype].bytes;
    k->b_step = (size_t)b.stride[0] * dtypes[b.dtype].bytes;
    k->y_step = (size_t)d.stride[0] * dtypes[d.dtype].bytes;
    struct err e = gemm_make(s->cuda, &p, &k->gemm);
    if (!e.code) {
        out->scratch_bytes = gemm_workspace(k->gemm);
        snprintf(out->name, sizeof out->name, "matmul %s", gemm_name(k->gemm));
    }
    return kernel_keep(e, out);
}
