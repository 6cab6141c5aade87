/* tests/cuda/host: cuBLASLt, against sums in double precision. */
#if __has_include(<cudnn.h>) && __has_include(<cublasLt.h>)
#include "tests/cuda/fakes.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* y = alpha op(a) op(b) + beta c + bias. rows: the matrices lie by rows. pad: leading dimensions are longer by that. */
struct product {
    int m, n, k, batch, pad;
    bool transpose_a, transpose_b, rows, bias, in_place;
    float alpha, beta;
    cudaDataType read, write;
    cublasComputeType_t compute;
};

static enum dtype dtype_of(cudaDataType type)
{
    return type == CUDA_R_16F ? DTYPE_f16 : type == CUDA_R_16BF ? DTYPE_bf16 : DTYPE_f32;
}

/* A matrix as it is stored. */
struct matrix {
    int rows, columns, ld, row, column;
    size_t elements; /* of one batch */
    float *x;
    void *at;
    cublasLtMatrixLayout_t layout;
};

static struct matrix matrix_of(const struct cuda *c, const struct product *p, int rows, int columns, cudaDataType type,
                               unsigned seed)
{
    struct matrix m = {.rows = rows, .columns = columns, .ld = (p->rows ? columns : rows) + p->pad};
    const int32_t order = p->rows ? CUBLASLT_ORDER_ROW : CUBLASLT_ORDER_COL, batch = p->batch;
    m.row = p->rows ? m.ld : 1;
    m.column = p->rows ? 1 : m.ld;
    m.elements = (size_t)m.ld * (size_t)(p->rows ? rows : columns);
    const int64_t stride = (int64_t)m.elements;
    m.x = malloc(m.elements * (size_t)p->batch * sizeof *m.x);
    fakes_fill(m.x, m.elements * (size_t)p->batch, seed);
    m.at = fakes_upload_as(c, m.x, dtype_of(type), m.elements * (size_t)p->batch);
    cr_assert(!c->cublasLtMatrixLayoutCreate(&m.layout, type, (uint64_t)rows, (uint64_t)columns, m.ld));
    cr_assert(!c->cublasLtMatrixLayoutSetAttribute(m.layout, CUBLASLT_MATRIX_LAYOUT_ORDER, &order, sizeof order));
    cr_assert(!c->cublasLtMatrixLayoutSetAttribute(m.layout, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &batch, sizeof batch));
    cr_assert(!c->cublasLtMatrixLayoutSetAttribute(m.layout, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &stride,
                                                   sizeof stride));
    return m;
}

static void matrix_end(const struct cuda *c, struct matrix *m)
{
    free(m->x);
    cr_assert(!c->cudaFree(m->at));
    cr_assert(!c->cublasLtMatrixLayoutDestroy(m->layout));
}

/* All that a call takes. */
struct setting {
    cublasLtHandle_t handle;
    cublasLtMatmulDesc_t desc;
    cublasLtMatmulPreference_t preference;
    struct matrix a, b, c, y;
    float *bias;
    void *bias_at, *workspace;
};
enum { WORKSPACE = 1 << 20 };

static struct setting setting_of(const struct cuda *c, const struct product *p)
{
    struct setting s = {0};
    const int32_t ta = p->transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N, tb = p->transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N;
    const uint32_t epilogue = p->bias ? CUBLASLT_EPILOGUE_BIAS : CUBLASLT_EPILOGUE_DEFAULT;
    const uint64_t room = WORKSPACE;
    cr_assert(!c->cublasLtCreate(&s.handle));
    cr_assert(!c->cublasLtMatmulDescCreate(&s.desc, p->compute, CUDA_R_32F));
    cr_assert(!c->cublasLtMatmulPreferenceCreate(&s.preference));
    s.a = matrix_of(c, p, p->transpose_a ? p->k : p->m, p->transpose_a ? p->m : p->k, p->read, 1);
    s.b = matrix_of(c, p, p->transpose_b ? p->n : p->k, p->transpose_b ? p->k : p->n, p->read, 2);
    s.c = matrix_of(c, p, p->m, p->n, p->write, 3);
    s.y = matrix_of(c, p, p->m, p->n, p->write, 4);
    s.bias = malloc((size_t)p->m * sizeof *s.bias);
    fakes_fill(s.bias, (size_t)p->m, 5);
    s.bias_at = fakes_upload_as(c, s.bias, dtype_of(p->write), (size_t)p->m);
    s.workspace = fakes_upload(c, NULL, WORKSPACE);
    const void *bias = s.bias_at;
    cr_assert(!c->cublasLtMatmulDescSetAttribute(s.desc, CUBLASLT_MATMUL_DESC_TRANSA, &ta, sizeof ta));
    cr_assert(!c->cublasLtMatmulDescSetAttribute(s.desc, CUBLASLT_MATMUL_DESC_TRANSB, &tb, sizeof tb));
    cr_assert(!c->cublasLtMatmulDescSetAttribute(s.desc, CUBLASLT_MATMUL_DESC_EPILOGUE, &epilogue, sizeof epilogue));
    cr_assert(!c->cublasLtMatmulDescSetAttribute(s.desc, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &bias, sizeof bias));
    cr_assert(!c->cublasLtMatmulPreferenceSetAttribute(s.preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &room,
                                                       sizeof room));
    return s;
}

static void setting_end(const struct cuda *c, struct setting *s)
{
    matrix_end(c, &s->a);
    matrix_end(c, &s->b);
    matrix_end(c, &s->c);
    matrix_end(c, &s->y);
    free(s->bias);
    cr_assert(!c->cudaFree(s->bias_at) && !c->cudaFree(s->workspace));
    cr_assert(!c->cublasLtMatmulPreferenceDestroy(s->preference) && !c->cublasLtMatmulDescDestroy(s->desc));
    cr_assert(!c->cublasLtDestroy(s->handle));
}

static cublasStatus_t heuristic(const struct cuda *c, const struct setting *s, cublasLtMatmulHeuristicResult_t r[16],
                                int *n)
{
    return c->cublasLtMatmulAlgoGetHeuristic(s->handle, s->desc, s->a.layout, s->b.layout, s->c.layout, s->y.layout,
                                             s->preference, 16, r, n);
}

static cublasStatus_t multiply(const struct cuda *c, const struct product *p, const struct setting *s,
                               const cublasLtMatmulAlgo_t *algo, size_t room)
{
    return c->cublasLtMatmul(s->handle, s->desc, &p->alpha, s->a.at, s->a.layout, s->b.at, s->b.layout, &p->beta,
                             p->in_place ? s->y.at : s->c.at, p->in_place ? s->y.layout : s->c.layout, s->y.at,
                             s->y.layout, algo, s->workspace, room, 0);
}

static double element(const struct matrix *m, bool transposed, int batch, int i, int j)
{
    int row = transposed ? j : i, column = transposed ? i : j;
    return (double)m->x[(size_t)batch * m->elements + (size_t)(row * m->row + column * m->column)];
}

/* The largest error, by the largest sum of absolute values. What lies between the columns must stay as it was. */
static double error_of(const struct cuda *c, const struct product *p, const struct setting *s)
{
    const struct matrix *before = p->in_place ? &s->y : &s->c;
    size_t n = s->y.elements * (size_t)p->batch;
    float *got = malloc(n * sizeof *got);
    double worst = 0, scale = 0;
    fakes_download(c, got, s->y.at, dtype_of(p->write), n);
    for (int batch = 0; batch < p->batch; batch++)
        for (int i = 0; i < p->m; i++)
            for (int j = 0; j < p->n; j++) {
                double sum = 0, size = 0;
                for (int l = 0; l < p->k; l++) {
                    double term =
                        element(&s->a, p->transpose_a, batch, i, l) * element(&s->b, p->transpose_b, batch, l, j);
                    sum += term;
                    size += fabs(term);
                }
                sum = (double)p->alpha * sum + (double)p->beta * element(before, false, batch, i, j) +
                      (p->bias ? (double)s->bias[i] : 0);
                float *at = &got[(size_t)batch * s->y.elements + (size_t)(i * s->y.row + j * s->y.column)];
                worst = fmax(worst, fabs((double)*at - sum));
                scale = fmax(scale, size);
                *at = s->y.x[at - got];
            }
    cr_expect(!memcmp(got, s->y.x, n * sizeof *got), "written between the columns");
    free(got);
    return worst / scale;
}

static const struct product products[] = {
    {37, 50, 29, 1, 0, false, false, false, false, false, 1, 0, CUDA_R_32F, CUDA_R_32F, CUBLAS_COMPUTE_32F},
    {64, 21, 300, 1, 0, true, false, false, true, false, 1, 0, CUDA_R_32F, CUDA_R_32F, CUBLAS_COMPUTE_32F_PEDANTIC},
    {33, 40, 17, 3, 3, false, true, false, true, true, 0.5f, 1, CUDA_R_32F, CUDA_R_32F, CUBLAS_COMPUTE_32F},
    {33, 40, 17, 3, 1, true, true, true, true, false, 2, -1, CUDA_R_32F, CUDA_R_32F, CUBLAS_COMPUTE_32F},
    {40, 80, 77, 2, 3, true, false, false, false, false, 0.25f, 0, CUDA_R_16F, CUDA_R_16F, CUBLAS_COMPUTE_32F},
    {40, 80, 77, 2, 3, true, false, false, true, true, 1, 1, CUDA_R_16F, CUDA_R_32F, CUBLAS_COMPUTE_32F},
    {40, 24, 32, 1, 0, false, false, true, true, false, 1, 0.5f, CUDA_R_16BF, CUDA_R_16BF, CUBLAS_COMPUTE_32F},
    {40, 24, 32, 1, 0, true, false, false, true, false, 1, 0, CUDA_R_32F, CUDA_R_32F, CUBLAS_COMPUTE_32F_FAST_TF32},
};

/* In every way that the heuristic has. The inputs are exact in TF32 and in 16 bits. */
Test(fakes_products, equal_sums_in_double)
{
    struct cuda c = fakes_open(NULL, NULL);
    for (size_t i = 0; i < sizeof products / sizeof *products; i++) {
        const struct product *p = &products[i];
        cublasLtMatmulHeuristicResult_t way[16];
        int ways = 0;
        struct setting s = setting_of(&c, p);
        cr_assert(!heuristic(&c, &s, way, &ways), "product %zu", i);
        cr_expect_geq(ways, 2, "product %zu", i);
        for (int w = 0; w < ways; w++) {
            uint64_t flags;
            size_t written;
            uint32_t reduction;
            cr_assert(!c.cublasLtMatmulAlgoCapGetAttribute(&way[w].algo, CUBLASLT_ALGO_CAP_NUMERICAL_IMPL_FLAGS, &flags,
                                                           sizeof flags, &written));
            cr_assert(!c.cublasLtMatmulAlgoConfigGetAttribute(&way[w].algo, CUBLASLT_ALGO_CONFIG_REDUCTION_SCHEME,
                                                              &reduction, sizeof reduction, &written));
            size_t n = s.y.elements * (size_t)p->batch;
            void *fresh = fakes_upload_as(&c, s.y.x, dtype_of(p->write), n);
            cr_assert(!c.cudaMemcpy(s.y.at, fresh, n * dtypes[dtype_of(p->write)].bytes, cudaMemcpyDeviceToDevice));
            cr_assert(!c.cudaFree(fresh));
            cr_assert(!multiply(&c, p, &s, &way[w].algo, WORKSPACE));
            double half = p->write == CUDA_R_32F ? 0 : p->write == CUDA_R_16F ? 0x1p-11 : 0x1p-8;
            bool narrow = flags & CUBLASLT_NUMERICAL_IMPL_FLAGS_ACCUMULATOR_16F ||
                          reduction == CUBLASLT_REDUCTION_SCHEME_OUTPUT_TYPE ||
                          reduction == CUBLASLT_REDUCTION_SCHEME_INPLACE;
            double bound = 1e-6 + half + (narrow ? 2e-3 : 0), e = error_of(&c, p, &s);
            cr_expect(e <= bound, "product %zu, way %d: %g, at most %g", i, w, e, bound);
        }
        setting_end(&c, &s);
    }
}

/* Sums in float16 are really worse, so that who forgets the mask notices. */
Test(fakes_products, masks_keep_what_is_less_exact_out)
{
    struct cuda c = fakes_open(NULL, NULL);
    const struct product p = {
        32, 32, 512, 1, 0, true, false, false, false, false, 1, 0, CUDA_R_16F, CUDA_R_32F, CUBLAS_COMPUTE_32F};
    const uint64_t all = ~(uint64_t)CUBLASLT_NUMERICAL_IMPL_FLAGS_ACCUMULATOR_16F, no_room = 0;
    const uint32_t schemes = CUBLASLT_REDUCTION_SCHEME_INPLACE | CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE;
    cublasLtMatmulHeuristicResult_t way[16];
    int before, masked, roomless;
    struct setting s = setting_of(&c, &p);
    cr_assert(!heuristic(&c, &s, way, &before));
    cr_assert(!multiply(&c, &p, &s, &way[0].algo, WORKSPACE));
    double good = error_of(&c, &p, &s);
    cr_assert(!multiply(&c, &p, &s, &way[before - 1].algo, WORKSPACE));
    cr_expect_gt(error_of(&c, &p, &s), 10 * good + 1e-6);

    cr_assert(!c.cublasLtMatmulPreferenceSetAttribute(s.preference, CUBLASLT_MATMUL_PREF_IMPL_MASK, &all, sizeof all));
    cr_assert(!c.cublasLtMatmulPreferenceSetAttribute(s.preference, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
                                                      &schemes, sizeof schemes));
    cr_assert(!heuristic(&c, &s, way, &masked));
    cr_expect_eq(masked, before - 2);
    cr_assert(!c.cublasLtMatmulPreferenceSetAttribute(s.preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &no_room,
                                                      sizeof no_room));
    cr_assert(!heuristic(&c, &s, way, &roomless));
    cr_expect(roomless > 0 && roomless < masked);
    for (int w = 0; w < roomless; w++)
        cr_expect_eq(way[w].workspaceSize, 0);
    setting_end(&c, &s);
}

Test(fakes_products, refuses_what_is_wrong)
{
    struct cuda c = fakes_open(NULL, NULL);
    struct product p = products[2];
    cublasLtMatmulHeuristicResult_t way[16], checked;
    int ways, split = 0;
    int32_t gelu = CUBLASLT_EPILOGUE_GELU;
    struct setting s = setting_of(&c, &p);
    cr_assert(!heuristic(&c, &s, way, &ways));
    while (split < ways && !way[split].workspaceSize)
        split++;
    cr_assert_lt(split, ways);
    cr_assert(!c.cublasLtMatmulAlgoCheck(s.handle, s.desc, s.a.layout, s.b.layout, s.c.layout, s.y.layout,
                                         &way[split].algo, &checked));
    cr_expect_eq(checked.workspaceSize, way[split].workspaceSize);
    cr_expect_eq(multiply(&c, &p, &s, &way[split].algo, way[split].workspaceSize - 1), CUBLAS_STATUS_INVALID_VALUE);
    cr_expect_eq(multiply(&c, &p, &s, &(cublasLtMatmulAlgo_t){{0}}, WORKSPACE), CUBLAS_STATUS_INVALID_VALUE);
    void *host = s.a.x, *at = s.a.at;
    s.a.at = host;
    cr_expect_eq(multiply(&c, &p, &s, NULL, WORKSPACE), CUBLAS_STATUS_INVALID_VALUE, "host memory");
    s.a.at = at;
    cr_expect_eq(c.cublasLtMatmulDescSetAttribute(s.desc, CUBLASLT_MATMUL_DESC_AMAX_D_POINTER, &host, sizeof host),
                 CUBLAS_STATUS_NOT_SUPPORTED);
    cr_expect_eq(c.cublasLtMatmulDescSetAttribute(s.desc, CUBLASLT_MATMUL_DESC_TRANSA, &gelu, 1),
                 CUBLAS_STATUS_INVALID_VALUE);
    cr_assert(!c.cublasLtMatmulDescSetAttribute(s.desc, CUBLASLT_MATMUL_DESC_EPILOGUE, &gelu, sizeof gelu));
    cr_expect_eq(heuristic(&c, &s, way, &ways), CUBLAS_STATUS_NOT_SUPPORTED);
    setting_end(&c, &s);

    p = products[4];
    p.write = CUDA_R_16BF;
    s = setting_of(&c, &p);
    cr_expect_eq(heuristic(&c, &s, way, &ways), CUBLAS_STATUS_NOT_SUPPORTED, "float16 into bfloat16");
    setting_end(&c, &s);
}
#else
extern int fakes_need_a_toolkit;
#endif
