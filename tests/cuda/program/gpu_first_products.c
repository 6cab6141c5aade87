/* A large product by cuBLASLt: what float16 reaches on the device at its best. */
#include "tests/cuda/program/gpu_first.h"

#include <cublasLt.h>

#include "pipeline/runtime/cuda/check.h"

enum { SIDE = 8192, RUNS = 5, HALF_BYTES = 2, WORKSPACE = 32 << 20 };

struct product {
    struct first *f;
    cublasLtHandle_t handle;
    cublasLtMatmulDesc_t description;
    cublasLtMatrixLayout_t matrix; /* of all three */
    cublasLtMatmulPreference_t preference;
    cublasLtMatmulHeuristicResult_t found;
    void *at[TIMING_OPERANDS];
};

static struct err prepare(struct product *p)
{
    const size_t workspace = WORKSPACE, matrix = (size_t)SIDE * SIDE * HALF_BYTES;
    const size_t bytes[TIMING_OPERANDS] = {matrix, matrix, matrix, workspace};
    int count = 0;
    TRY(cublas_check(cublasLtCreate(&p->handle), "opening"));
    TRY(cublas_check(cublasLtMatmulDescCreate(&p->description, CUBLAS_COMPUTE_32F, CUDA_R_32F),
                     "describing a product"));
    TRY(cublas_check(cublasLtMatrixLayoutCreate(&p->matrix, CUDA_R_16F, SIDE, SIDE, SIDE), "describing a matrix"));
    TRY(cublas_check(cublasLtMatmulPreferenceCreate(&p->preference), "asking for an algorithm"));
    TRY(cublas_check(cublasLtMatmulPreferenceSetAttribute(p->preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                                                          &workspace, sizeof workspace),
                     "asking for an algorithm"));
    TRY(cublas_check(cublasLtMatmulAlgoGetHeuristic(p->handle, p->description, p->matrix, p->matrix, p->matrix,
                                                    p->matrix, p->preference, 1, &p->found, &count),
                     "asking for an algorithm"));
    if (!count)
        return err_fail("cuBLASLt: no algorithm");
    return timing_operands(p->f->timing, bytes, p->at);
}

static struct err multiply(void *context)
{
    const struct product *p = context;
    const float one = 1, zero = 0;
    return cublas_check(cublasLtMatmul(p->handle, p->description, &one, p->at[0], p->matrix, p->at[1], p->matrix, &zero,
                                       p->at[2], p->matrix, p->at[2], p->matrix, &p->found.algo, p->at[3], WORKSPACE,
                                       p->f->stream),
                        "multiplying");
}

static struct err time_product(struct product *p, int64_t *ns)
{
    TRY(prepare(p));
    TRY(timing_run(p->f->timing, multiply, p, 1, ns));
    TRY(timing_run(p->f->timing, multiply, p, RUNS, ns));
    return *ns > 0 ? OK : err_fail("its time is less than the events can tell");
}

void first_products(struct first *f)
{
    struct product p = {.f = f};
    int64_t ns = 1;
    cJSON *line = line_begin(f, "float16 8192x8192x8192, float32 sums");
    if (!line)
        return;
    struct err e = time_product(&p, &ns);
    const double tflop = 2.0 * SIDE * SIDE * SIDE * RUNS / (double)ns / 1e3; /* operations a ns are G a s */
    if (!e.code) {
        cJSON_AddNumberToObject(line, "us", (double)ns / RUNS / 1e3);
        cJSON_AddNumberToObject(line, "tflop_per_s", tflop);
    }
    line_end(f, line, e, "%.1f us, %.1f TFLOP/s", (double)ns / RUNS / 1e3, tflop);
    if (p.preference)
        cublasLtMatmulPreferenceDestroy(p.preference);
    if (p.matrix)
        cublasLtMatrixLayoutDestroy(p.matrix);
    if (p.description)
        cublasLtMatmulDescDestroy(p.description);
    if (p.handle)
        cublasLtDestroy(p.handle);
    timing_release(f->timing);
}
