/* Which products there are, and the ways to compute them. They differ as the real library's do in what a caller has to
 * look at: TF32, halves of the sum added in the result's type, sums in float16; what such a way computes is really less
 * exact. */
#include "tests/cuda/host/fake_cublaslt.h"

#include <string.h>

#define FMA     CUBLASLT_NUMERICAL_IMPL_FLAGS_FMA
#define HMMA    CUBLASLT_NUMERICAL_IMPL_FLAGS_HMMA
#define SUM_32F CUBLASLT_NUMERICAL_IMPL_FLAGS_ACCUMULATOR_32F
#define SUM_16F CUBLASLT_NUMERICAL_IMPL_FLAGS_ACCUMULATOR_16F
#define TF32    CUBLASLT_NUMERICAL_IMPL_FLAGS_INPUT_TF32
#define F16     CUBLASLT_NUMERICAL_IMPL_FLAGS_INPUT_16F
#define BF16    CUBLASLT_NUMERICAL_IMPL_FLAGS_INPUT_16BF
#define F32     CUBLASLT_NUMERICAL_IMPL_FLAGS_INPUT_32F

/* cuBLAS' table of types for column- or row-major matrices, without integers, doubles, complex numbers and FP8. */
static const struct {
    cublasComputeType_t compute[3];
    cudaDataType_t scale, inputs, results, bias;
} types[] = {
#define EXACT                                                               \
    {                                                                       \
        CUBLAS_COMPUTE_32F, CUBLAS_COMPUTE_32F_PEDANTIC, CUBLAS_COMPUTE_32F \
    }
    {EXACT, CUDA_R_32F, CUDA_R_16BF, CUDA_R_16BF, CUDA_R_16BF},
    {EXACT, CUDA_R_32F, CUDA_R_16F, CUDA_R_16F, CUDA_R_16F},
    {EXACT, CUDA_R_32F, CUDA_R_16BF, CUDA_R_32F, CUDA_R_32F},
    {EXACT, CUDA_R_32F, CUDA_R_16F, CUDA_R_32F, CUDA_R_32F},
    {EXACT, CUDA_R_32F, CUDA_R_32F, CUDA_R_32F, CUDA_R_32F},
#undef EXACT
    {{CUBLAS_COMPUTE_32F_FAST_TF32, CUBLAS_COMPUTE_32F_FAST_16F, CUBLAS_COMPUTE_32F_FAST_16BF},
     CUDA_R_32F,
     CUDA_R_32F,
     CUDA_R_32F,
     CUDA_R_32F},
};

static enum dtype dtype_of(cudaDataType_t type)
{
    return type == CUDA_R_16F ? DTYPE_f16 : type == CUDA_R_16BF ? DTYPE_bf16 : DTYPE_f32;
}

static bool types_known(const struct matmul *m, const struct layout *const side[4])
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        bool computes = false;
        for (int c = 0; c < 3; c++)
            computes |= (int32_t)types[i].compute[c] == m->compute;
        if (computes && (int32_t)types[i].scale == m->scale && types[i].inputs == side[0]->type &&
            types[i].inputs == side[1]->type && types[i].results == side[2]->type &&
            types[i].results == side[3]->type &&
            (m->epilogue != CUBLASLT_EPILOGUE_BIAS || m->bias_type < 0 || m->bias_type == (int32_t)types[i].bias))
            return true;
    }
    return false;
}

static struct operand operand_of(const struct layout *l, bool transposed)
{
    bool by_rows = (l->order == CUBLASLT_ORDER_ROW) != transposed;
    return (struct operand){dtype_of(l->type), by_rows ? l->ld : 1, by_rows ? 1 : l->ld, l->batch_stride};
}

static cublasStatus_t layout_check(const struct layout *l, const struct layout *y)
{
    REQUIRE(l && l->made == MADE_LAYOUT, CUBLAS_STATUS_INVALID_VALUE);
    REQUIRE(l->order == CUBLASLT_ORDER_COL || l->order == CUBLASLT_ORDER_ROW, CUBLAS_STATUS_NOT_SUPPORTED);
    uint64_t shortest = l->order == CUBLASLT_ORDER_COL ? l->rows : l->columns;
    REQUIRE(l->rows && l->columns && l->ld >= 0 && (uint64_t)l->ld >= shortest, CUBLAS_STATUS_INVALID_VALUE);
    REQUIRE(l->batch >= 1 && l->batch == y->batch, CUBLAS_STATUS_INVALID_VALUE);
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t problem_of(const void *matmul, const void *a, const void *b, const void *c, const void *y,
                          struct problem *out)
{
    const struct matmul *m = matmul;
    const struct layout *side[4] = {a, b, c, y};
    REQUIRE(m && m->made == MADE_MATMUL && y, CUBLAS_STATUS_INVALID_VALUE);
    for (int i = 0; i < 4; i++)
        PASS(layout_check(side[i], side[3]));
    REQUIRE(m->pointer_mode == CUBLASLT_POINTER_MODE_HOST && m->transpose_c == CUBLAS_OP_N &&
                m->fill == CUBLAS_FILL_MODE_FULL && !m->fast_sums,
            CUBLAS_STATUS_NOT_SUPPORTED);
    REQUIRE(m->epilogue == CUBLASLT_EPILOGUE_DEFAULT || m->epilogue == CUBLASLT_EPILOGUE_BIAS,
            CUBLAS_STATUS_NOT_SUPPORTED);
    REQUIRE(types_known(m, side), CUBLAS_STATUS_NOT_SUPPORTED);
    bool ta = m->transpose_a != CUBLAS_OP_N, tb = m->transpose_b != CUBLAS_OP_N;
    uint64_t rows[2] = {ta ? side[0]->columns : side[0]->rows, tb ? side[1]->columns : side[1]->rows};
    uint64_t columns[2] = {ta ? side[0]->rows : side[0]->columns, tb ? side[1]->rows : side[1]->columns};
    REQUIRE(rows[0] == side[3]->rows && columns[1] == side[3]->columns && columns[0] == rows[1] &&
                side[2]->rows == side[3]->rows && side[2]->columns == side[3]->columns,
            CUBLAS_STATUS_INVALID_VALUE);
    *out = (struct problem){
        .m = (int64_t)rows[0],
        .n = (int64_t)columns[1],
        .k = (int64_t)rows[1],
        .batch = side[3]->batch,
        .bias_batch = m->bias_stride,
        .compute = (cublasComputeType_t)m->compute,
        .a = operand_of(side[0], ta),
        .b = operand_of(side[1], tb),
        .c = operand_of(side[2], false),
        .y = operand_of(side[3], false),
        .has_bias = m->epilogue == CUBLASLT_EPILOGUE_BIAS,
        .bias = m->bias_type < 0 ? dtype_of(side[3]->type) : dtype_of((cudaDataType_t)m->bias_type),
        .bias_at = m->bias,
    };
    return CUBLAS_STATUS_SUCCESS;
}

/* In the heuristic's order. Inputs that are not narrowed are those of the problem. */
static const struct algorithm algorithms[] = {
    {70, CUBLASLT_MATMUL_TILE_128x128, 4, 4, CUBLASLT_REDUCTION_SCHEME_INPLACE, HMMA | SUM_32F},
    {66, CUBLASLT_MATMUL_TILE_128x128, 4, 1, CUBLASLT_REDUCTION_SCHEME_NONE, HMMA | SUM_32F},
    {66, CUBLASLT_MATMUL_TILE_64x64, 6, 1, CUBLASLT_REDUCTION_SCHEME_NONE, HMMA | SUM_32F},
    {67, CUBLASLT_MATMUL_TILE_128x64, 3, 2, CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE, HMMA | SUM_32F},
    {20, CUBLASLT_MATMUL_TILE_64x32, 1, 1, CUBLASLT_REDUCTION_SCHEME_NONE, FMA | SUM_32F},
    {20, CUBLASLT_MATMUL_TILE_32x32, 1, 1, CUBLASLT_REDUCTION_SCHEME_NONE, FMA | SUM_32F},
    {21, CUBLASLT_MATMUL_TILE_32x32, 1, 2, CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE, FMA | SUM_32F},
    {68, CUBLASLT_MATMUL_TILE_128x128, 4, 2, CUBLASLT_REDUCTION_SCHEME_OUTPUT_TYPE, HMMA | SUM_32F},
    {69, CUBLASLT_MATMUL_TILE_128x128, 4, 1, CUBLASLT_REDUCTION_SCHEME_NONE, HMMA | SUM_16F},
};

/* Tensor cores take 16-bit values, and float32 ones only where the problem allows to narrow them; a sum in float16 is
 * for float16. False where the algorithm does not suit. */
static bool suits(struct algorithm *a, const struct problem *p)
{
    uint64_t narrowed = p->compute == CUBLAS_COMPUTE_32F_FAST_TF32   ? TF32
                        : p->compute == CUBLAS_COMPUTE_32F_FAST_16F  ? F16
                        : p->compute == CUBLAS_COMPUTE_32F_FAST_16BF ? BF16
                                                                     : 0;
    uint64_t stored = p->a.type == DTYPE_f16 ? F16 : p->a.type == DTYPE_bf16 ? BF16 : F32;
    bool tensor = a->flags & HMMA;
    if ((tensor && stored == F32 && !narrowed) || (a->flags & SUM_16F && stored != F16) || a->splits > p->k)
        return false;
    if (p->compute == CUBLAS_COMPUTE_32F_PEDANTIC && (a->splits > 1 || a->flags & SUM_16F))
        return false;
    a->flags |= tensor && stored == F32 ? narrowed : stored;
    return true;
}

size_t algorithm_workspace(const struct algorithm *a, const struct problem *p)
{
    size_t element = a->reduction == CUBLASLT_REDUCTION_SCHEME_OUTPUT_TYPE ? fake_bytes(p->y.type) : sizeof(float);
    if (a->reduction == CUBLASLT_REDUCTION_SCHEME_INPLACE)
        return (size_t)p->batch * sizeof(int32_t); /* counters */
    return a->splits == 1 ? 0 : (size_t)(p->m * p->n * p->batch * a->splits) * element;
}

/* Words: which row of the table, and the flags that the problem completed. */
enum { WORDS_MADE = 0x2b1a };

static void words_write(cublasLtMatmulAlgo_t *out, int row, const struct algorithm *a)
{
    *out = (cublasLtMatmulAlgo_t){{WORDS_MADE, (uint64_t)row, a->flags}};
}

static bool words_read(const cublasLtMatmulAlgo_t *words, struct algorithm *out)
{
    if (!words || words->data[0] != WORDS_MADE || words->data[1] >= sizeof algorithms / sizeof *algorithms)
        return false;
    *out = algorithms[words->data[1]];
    out->flags = words->data[2];
    return true;
}

cublasStatus_t algorithm_of(const cublasLtMatmulAlgo_t *words, const struct problem *p, struct algorithm *out)
{
    if (words) {
        REQUIRE(words_read(words, out), CUBLAS_STATUS_INVALID_VALUE);
        struct algorithm fresh = algorithms[words->data[1]];
        REQUIRE(suits(&fresh, p) && fresh.flags == out->flags, CUBLAS_STATUS_NOT_SUPPORTED);
        return CUBLAS_STATUS_SUCCESS;
    }
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        *out = algorithms[i];
        if (suits(out, p) && !algorithm_workspace(out, p))
            return CUBLAS_STATUS_SUCCESS;
    }
    return CUBLAS_STATUS_NOT_SUPPORTED;
}

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t handle, cublasLtMatmulDesc_t matmul,
                                              cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                              cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t y,
                                              cublasLtMatmulPreference_t preference, int requested,
                                              cublasLtMatmulHeuristicResult_t results[], int *count)
{
    CALL(FAKE_ASKS, CUBLAS_STATUS_INTERNAL_ERROR);
    const struct preference *wanted = (const void *)preference;
    struct problem p;
    REQUIRE(handle_open(handle), CUBLAS_STATUS_NOT_INITIALIZED);
    REQUIRE(wanted && wanted->made == MADE_PREFERENCE && requested > 0 && results && count,
            CUBLAS_STATUS_INVALID_VALUE);
    REQUIRE(wanted->search == CUBLASLT_SEARCH_BEST_FIT, CUBLAS_STATUS_NOT_SUPPORTED);
    *count = 0;
    PASS(problem_of(matmul, a, b, c, y, &p));
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms && *count < requested; i++) {
        struct algorithm way = algorithms[i];
        if (!suits(&way, &p) || algorithm_workspace(&way, &p) > wanted->workspace ||
            way.flags & ~wanted->implementations || (way.splits > 1 && !(way.reduction & wanted->reductions)))
            continue;
        cublasLtMatmulHeuristicResult_t *r = &results[(*count)++];
        *r = (cublasLtMatmulHeuristicResult_t){
            .state = CUBLAS_STATUS_SUCCESS, .workspaceSize = algorithm_workspace(&way, &p), .wavesCount = 1.f};
        words_write(&r->algo, (int)i, &way);
    }
    return *count ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_NOT_SUPPORTED;
}

cublasStatus_t cublasLtMatmulAlgoCheck(cublasLtHandle_t handle, cublasLtMatmulDesc_t matmul, cublasLtMatrixLayout_t a,
                                       cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t y,
                                       const cublasLtMatmulAlgo_t *words, cublasLtMatmulHeuristicResult_t *result)
{
    CALL(FAKE_ASKS, CUBLAS_STATUS_INTERNAL_ERROR);
    struct problem p;
    struct algorithm way;
    REQUIRE(handle_open(handle), CUBLAS_STATUS_NOT_INITIALIZED);
    REQUIRE(words && result, CUBLAS_STATUS_INVALID_VALUE);
    PASS(problem_of(matmul, a, b, c, y, &p));
    PASS(algorithm_of(words, &p, &way));
    *result = (cublasLtMatmulHeuristicResult_t){.algo = *words,
                                                .state = CUBLAS_STATUS_SUCCESS,
                                                .workspaceSize = algorithm_workspace(&way, &p),
                                                .wavesCount = 1.f};
    return CUBLAS_STATUS_SUCCESS;
}

/* Answers with a whole number of `bytes` bytes. */
static cublasStatus_t answer(uint64_t number, size_t needed, void *value, size_t bytes, size_t *written)
{
    REQUIRE(bytes || written, CUBLAS_STATUS_INVALID_VALUE);
    REQUIRE(!bytes || (value && bytes == needed), CUBLAS_STATUS_INVALID_VALUE);
    if (bytes)
        memcpy(value, &number, needed); /* little endian */
    if (written)
        *written = needed;
    return CUBLAS_STATUS_SUCCESS;
}

#define ROWS(...)                                                                \
    const struct {                                                               \
        int attribute;                                                           \
        uint64_t number;                                                         \
        size_t bytes;                                                            \
    } rows[] = {__VA_ARGS__};                                                    \
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)                      \
        if (rows[i].attribute == (int)attribute)                                 \
            return answer(rows[i].number, rows[i].bytes, value, bytes, written); \
    return CUBLAS_STATUS_NOT_SUPPORTED

cublasStatus_t cublasLtMatmulAlgoConfigGetAttribute(const cublasLtMatmulAlgo_t *words,
                                                    cublasLtMatmulAlgoConfigAttributes_t attribute, void *value,
                                                    size_t bytes, size_t *written)
{
    CALL(FAKE_ASKS, CUBLAS_STATUS_INTERNAL_ERROR);
    struct algorithm a;
    REQUIRE(words_read(words, &a), CUBLAS_STATUS_INVALID_VALUE);
    ROWS({CUBLASLT_ALGO_CONFIG_ID, (uint64_t)a.id, 4}, {CUBLASLT_ALGO_CONFIG_TILE_ID, (uint64_t)a.tile, 4},
         {CUBLASLT_ALGO_CONFIG_STAGES_ID, (uint64_t)a.stages, 4},
         {CUBLASLT_ALGO_CONFIG_SPLITK_NUM, (uint64_t)a.splits, 4},
         {CUBLASLT_ALGO_CONFIG_REDUCTION_SCHEME, a.reduction, 4}, {CUBLASLT_ALGO_CONFIG_CTA_SWIZZLING, 0, 4},
         {CUBLASLT_ALGO_CONFIG_CUSTOM_OPTION, 0, 4}, {CUBLASLT_ALGO_CONFIG_INNER_SHAPE_ID, 0, 2},
         {CUBLASLT_ALGO_CONFIG_CLUSTER_SHAPE_ID, 0, 2});
}

cublasStatus_t cublasLtMatmulAlgoCapGetAttribute(const cublasLtMatmulAlgo_t *words,
                                                 cublasLtMatmulAlgoCapAttributes_t attribute, void *value, size_t bytes,
                                                 size_t *written)
{
    CALL(FAKE_ASKS, CUBLAS_STATUS_INTERNAL_ERROR);
    struct algorithm a;
    REQUIRE(words_read(words, &a), CUBLAS_STATUS_INVALID_VALUE);
    ROWS({CUBLASLT_ALGO_CAP_SPLITK_SUPPORT, a.splits > 1, 4}, {CUBLASLT_ALGO_CAP_REDUCTION_SCHEME_MASK, a.reduction, 4},
         {CUBLASLT_ALGO_CAP_STRIDED_BATCH_SUPPORT, 1, 4}, {CUBLASLT_ALGO_CAP_OUT_OF_PLACE_RESULT_SUPPORT, 1, 4},
         {CUBLASLT_ALGO_CAP_EPILOGUE_MASK, CUBLASLT_EPILOGUE_BIAS, 4},
         {CUBLASLT_ALGO_CAP_NUMERICAL_IMPL_FLAGS, a.flags, 8});
}
