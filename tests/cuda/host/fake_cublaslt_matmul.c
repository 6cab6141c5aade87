/* The product itself. */
#include "tests/cuda/host/fake_cublaslt.h"

#include <stdlib.h>
#include <string.h>

enum { WORKSPACE_ALIGNMENT = 256, CHUNK = 16 /* products that are summed before a sum in float16 is rounded */ };

struct call {
    struct problem p;
    struct algorithm way;
    float alpha, beta;
    const void *a, *b, *c;
    void *y;
};

static const void *at(const void *base, const struct operand *o, int64_t batch, int64_t row, int64_t column)
{
    int64_t element = batch * o->batch + row * o->row + column * o->column;
    return (const char *)base + element * (int64_t)fake_bytes(o->type);
}

/* Columns `from` to `to` of one side's matrix, dense, as the algorithm reads its values. */
static void pack(float *out, const void *base, const struct operand *o, int64_t batch, const int64_t row[2],
                 const int64_t column[2], uint64_t flags)
{
    int64_t columns = column[1] - column[0], n = (row[1] - row[0]) * columns;
    for (int64_t i = row[0]; i < row[1]; i++)
        fake_gather(out + (i - row[0]) * columns, at(base, o, batch, i, column[0]), o->type, o->column, columns);
    if (flags & CUBLASLT_NUMERICAL_IMPL_FLAGS_INPUT_TF32)
        for (int64_t i = 0; i < n; i++)
            out[i] = fake_tf32(out[i]);
    if (flags & CUBLASLT_NUMERICAL_IMPL_FLAGS_INPUT_16F)
        fake_round(out, DTYPE_f16, n);
    if (flags & CUBLASLT_NUMERICAL_IMPL_FLAGS_INPUT_16BF)
        fake_round(out, DTYPE_bf16, n);
}

struct room {
    float *a, *b, *part;
};

/* sum += a b over products `from` to `to` of one batch. */
static void add_products(const struct call *c, int64_t batch, int64_t from, int64_t to, const struct room *r,
                         float *sum)
{
    const struct problem *p = &c->p;
    int64_t n = p->m * p->n;
    pack(r->a, c->a, &p->a, batch, (int64_t[]){0, p->m}, (int64_t[]){from, to}, c->way.flags);
    pack(r->b, c->b, &p->b, batch, (int64_t[]){from, to}, (int64_t[]){0, p->n}, c->way.flags);
    fake_product(r->part, r->a, r->b, p->m, p->n, to - from);
    if (c->way.reduction == CUBLASLT_REDUCTION_SCHEME_OUTPUT_TYPE)
        fake_round(r->part, p->y.type, n);
    for (int64_t i = 0; i < n; i++)
        sum[i] += r->part[i];
    if (c->way.reduction == CUBLASLT_REDUCTION_SCHEME_INPLACE)
        fake_round(sum, p->y.type, n);
    if (c->way.flags & CUBLASLT_NUMERICAL_IMPL_FLAGS_ACCUMULATOR_16F)
        fake_round(sum, DTYPE_f16, n);
}

static void finish(const struct call *c, int64_t batch, float *sum)
{
    const struct problem *p = &c->p;
    const struct operand bias = {p->bias, 1, 0, p->bias_batch};
    for (int64_t i = 0; i < p->m; i++) {
        float *row = sum + i * p->n, add = 0;
        if (p->has_bias)
            fake_gather(&add, at(p->bias_at, &bias, batch, i, 0), p->bias, 1, 1);
        for (int64_t j = 0; j < p->n; j++) {
            float before = 0;
            if (c->beta != 0)
                fake_gather(&before, at(c->c, &p->c, batch, i, j), p->c.type, 1, 1);
            row[j] = c->alpha * row[j] + (c->beta != 0 ? c->beta * before : 0) + add;
        }
        fake_scatter((void *)(uintptr_t)at(c->y, &p->y, batch, i, 0), row, p->y.type, p->y.column, p->n);
    }
}

static float *floats(int64_t n)
{
    float *f = malloc((size_t)n * sizeof *f);
    if (!f)
        abort();
    return f;
}

static void run(void *closure)
{
    const struct call *c = closure;
    const struct problem *p = &c->p;
    bool rounds = c->way.flags & CUBLASLT_NUMERICAL_IMPL_FLAGS_ACCUMULATOR_16F;
    int64_t step = rounds ? CHUNK : (p->k + c->way.splits - 1) / c->way.splits;
    struct room r = {floats(p->m * p->k), floats(p->k * p->n), floats(p->m * p->n)};
    float *sum = floats(p->m * p->n);
    for (int64_t batch = 0; batch < p->batch; batch++) {
        memset(sum, 0, (size_t)(p->m * p->n) * sizeof *sum);
        for (int64_t from = 0; from < p->k; from += step)
            add_products(c, batch, from, from + step < p->k ? from + step : p->k, &r, sum);
        finish(c, batch, sum);
    }
    free(r.a);
    free(r.b);
    free(r.part);
    free(sum);
}

/* Whether all of an operand's elements lie in one allocation. */
static bool reachable(const void *base, const struct operand *o, int64_t batches, int64_t rows, int64_t columns)
{
    int64_t last = (rows - 1) * o->row + (columns - 1) * o->column + (batches - 1) * o->batch;
    return base && o->batch >= 0 && fake_device_range(base, (size_t)(last + 1) * fake_bytes(o->type));
}

static cublasStatus_t check(const struct call *c, const void *workspace, size_t room)
{
    const struct problem *p = &c->p;
    const struct operand bias = {p->bias, 1, 0, p->bias_batch};
    size_t needed = algorithm_workspace(&c->way, p);
    REQUIRE(reachable(c->a, &p->a, p->batch, p->m, p->k) && reachable(c->b, &p->b, p->batch, p->k, p->n) &&
                reachable(c->y, &p->y, p->batch, p->m, p->n),
            CUBLAS_STATUS_INVALID_VALUE);
    REQUIRE(c->beta == 0 || reachable(c->c, &p->c, p->batch, p->m, p->n), CUBLAS_STATUS_INVALID_VALUE);
    REQUIRE(!p->has_bias || reachable(p->bias_at, &bias, p->batch, p->m, 1), CUBLAS_STATUS_INVALID_VALUE);
    REQUIRE(c->c != c->y || !memcmp(&p->c, &p->y, sizeof p->c), CUBLAS_STATUS_INVALID_VALUE);
    REQUIRE(needed <= room && (!needed || fake_device_range(workspace, needed)), CUBLAS_STATUS_INVALID_VALUE);
    REQUIRE((uintptr_t)workspace % WORKSPACE_ALIGNMENT == 0, CUBLAS_STATUS_INVALID_VALUE);
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t handle, cublasLtMatmulDesc_t matmul, const void *alpha, const void *A,
                              cublasLtMatrixLayout_t a, const void *B, cublasLtMatrixLayout_t b, const void *beta,
                              const void *C, cublasLtMatrixLayout_t c, void *D, cublasLtMatrixLayout_t y,
                              const cublasLtMatmulAlgo_t *words, void *workspace, size_t room, cudaStream_t stream)
{
    CALL(FAKE_WORKS, CUBLAS_STATUS_EXECUTION_FAILED);
    struct call call = {.a = A, .b = B, .c = C, .y = D};
    REQUIRE(handle_open(handle), CUBLAS_STATUS_NOT_INITIALIZED);
    REQUIRE(alpha && beta, CUBLAS_STATUS_INVALID_VALUE);
    memcpy(&call.alpha, alpha, sizeof call.alpha);
    memcpy(&call.beta, beta, sizeof call.beta);
    PASS(problem_of(matmul, a, b, c, y, &call.p));
    PASS(algorithm_of(words, &call.p, &call.way));
    PASS(check(&call, workspace, room));
    struct call *kept = malloc(sizeof *kept);
    REQUIRE(kept, CUBLAS_STATUS_ALLOC_FAILED);
    *kept = call;
    return fake_enqueue(stream, "cublaslt_matmul", run, kept, free) == cudaSuccess ? CUBLAS_STATUS_SUCCESS
                                                                                   : CUBLAS_STATUS_EXECUTION_FAILED;
}
