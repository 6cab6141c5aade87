#include "pipeline/runtime/cuda/cublas/gemm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/runtime/cuda/choice/timing.h"
#include "pipeline/runtime/cuda/cublas/gemm_algorithms.h"

static cudaDataType_t type_of(enum dtype d)
{
    return d == DTYPE_f32 ? CUDA_R_32F : CUDA_R_16F;
}

static struct err make_layout(cublasLtMatrixLayout_t *out, enum dtype dtype, int64_t rows, int64_t columns,
                              const struct gemm_matrix *m, int64_t batch)
{
    const int32_t count = (int32_t)batch;
    const int64_t every = m->every;
    TRY(cublas_check(cublasLtMatrixLayoutCreate(out, type_of(dtype), (uint64_t)rows, (uint64_t)columns, m->pitch),
                     "describing a matrix"));
    if (batch == 1)
        return OK;
    TRY(cublas_check(cublasLtMatrixLayoutSetAttribute(*out, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count, sizeof count),
                     "describing a batch"));
    return cublas_check(
        cublasLtMatrixLayoutSetAttribute(*out, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &every, sizeof every),
        "describing a batch");
}

/* Rows are columns to cuBLASLt: it computes D^T = B^T A^T, so that its bias, one value a row of D^T, is ours. */
static struct err describe(struct gemm *g)
{
    const struct gemm_problem *p = &g->problem;
    const cublasOperation_t transpose = CUBLAS_OP_T;
    const cublasLtEpilogue_t bias = CUBLASLT_EPILOGUE_BIAS;
    const int32_t bias_type = type_of(p->write);
    const void *aligned = (void *)256; /* stands for an address while algorithms are chosen */
    const cublasComputeType_t compute =
        p->numerics == NUMERICS_tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
    TRY(cublas_check(cublasLtMatmulDescCreate(&g->operation, compute, CUDA_R_32F), "describing a product"));
    if (p->b_rows)
        TRY(cublas_check(
            cublasLtMatmulDescSetAttribute(g->operation, CUBLASLT_MATMUL_DESC_TRANSA, &transpose, sizeof transpose),
            "describing a product"));
    if (p->bias) {
        TRY(cublas_check(
            cublasLtMatmulDescSetAttribute(g->operation, CUBLASLT_MATMUL_DESC_EPILOGUE, &bias, sizeof bias),
            "describing a bias"));
        TRY(cublas_check(cublasLtMatmulDescSetAttribute(g->operation, CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, &bias_type,
                                                        sizeof bias_type),
                         "describing a bias"));
        TRY(cublas_check(
            cublasLtMatmulDescSetAttribute(g->operation, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &aligned, sizeof aligned),
            "describing a bias"));
    }
    TRY(make_layout(&g->b, p->read, p->b_rows ? p->k : p->n, p->b_rows ? p->n : p->k, &p->b, p->batch));
    TRY(make_layout(&g->a, p->read, p->k, p->m, &p->a, p->batch));
    TRY(make_layout(&g->c, p->write, p->n, p->m, p->adds ? &p->c : &p->d, p->batch));
    return make_layout(&g->d, p->write, p->n, p->m, &p->d, p->batch);
}

void gemm_free(struct gemm *g)
{
    if (!g)
        return;
    cublasLtMatrixLayout_t layouts[] = {g->a, g->b, g->c, g->d};
    for (size_t i = 0; i < ARRAY_LEN(layouts); i++)
        if (layouts[i])
            cublasLtMatrixLayoutDestroy(layouts[i]);
    if (g->operation)
        cublasLtMatmulDescDestroy(g->operation);
    free(g->algorithm);
    free(g);
}

size_t gemm_workspace(const struct gemm *g)
{
    return g->cuda->products ? g->chosen_workspace : GEMM_WORKSPACE;
}

const char *gemm_name(const struct gemm *g)
{
    return g->name;
}

struct err gemm_run(struct gemm *g, const struct gemm_operands *o)
{
    const float beta = g->problem.adds ? 1 : 0;
    if (g->problem.bias && o->bias != g->bias) {
        TRY(cublas_check(
            cublasLtMatmulDescSetAttribute(g->operation, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &o->bias, sizeof o->bias),
            "setting a bias"));
        g->bias = o->bias;
    }
    return cublas_check(cublasLtMatmul(g->cuda->products, g->operation, &o->alpha, o->b, g->b, o->a, g->a, &beta,
                                       o->c ? o->c : o->d, g->c, o->d, g->d, &g->chosen, o->workspace,
                                       g->chosen_workspace, g->cuda->stream),
                        "a product of matrices");
}

/* Everything that tells one product from another. */
static void signature(const struct gemm_problem *p, char out[GEMM_SIGNATURE])
{
    snprintf(out, GEMM_SIGNATURE,
             "gemm %s %s>%s m%lld n%lld k%lld batch%lld %s a%lld+%lld b%lld+%lld c%lld+%lld d%lld+%lld%s%s",
             numerics_names[p->numerics], dtypes[p->read].name, dtypes[p->write].name, (long long)p->m, (long long)p->n,
             (long long)p->k, (long long)p->batch, p->b_rows ? "nt" : "nn", (long long)p->a.pitch,
             (long long)p->a.every, (long long)p->b.pitch, (long long)p->b.every, (long long)p->c.pitch,
             (long long)p->c.every, (long long)p->d.pitch, (long long)p->d.every, p->bias ? " bias" : "",
             p->adds ? " adds" : "");
}

struct err gemm_make(struct cuda *cuda, const struct gemm_problem *p, struct gemm **out)
{
    struct gemm *g = calloc(1, sizeof *g);
    char text[GEMM_SIGNATURE];
    *out = NULL;
    if (!g)
        return err_fail("out of memory");
    g->cuda = cuda;
    g->problem = *p;
    snprintf(g->name, sizeof g->name, "cublaslt");
    signature(p, text);
    struct err e = OK;
    if (cuda->products) { /* a described device has no library to ask */
        e = describe(g);
        if (!e.code)
            e = gemm_choose(g, text);
    }
    if (e.code)
        gemm_free(g);
    else
        *out = g;
    return err_wrap(e, "%s", text);
}
