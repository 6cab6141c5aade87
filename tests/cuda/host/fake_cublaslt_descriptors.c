/* Descriptors of operations, matrices, preferences and emulation: each is a structure of ours in the library's opaque
 * memory, and a table that says where each attribute lies in it. */
#include "tests/cuda/host/fake_cublaslt.h"

#include <stdlib.h>
#include <string.h>

struct field {
    int attribute;
    size_t offset, bytes;
};
struct table {
    uint32_t made;
    const char *kind;
    const struct field *field;
    size_t count, bytes;
};
#define FIELD(attribute, type, member)                                             \
    {                                                                              \
        attribute, offsetof(struct type, member), sizeof((struct type *)0)->member \
    }
#define TABLE(made, kind, fields, opaque)                                  \
    {                                                                      \
        made, kind, fields, sizeof fields / sizeof *fields, sizeof(opaque) \
    }

static const struct field layout_fields[] = {
    FIELD(CUBLASLT_MATRIX_LAYOUT_TYPE, layout, type),
    FIELD(CUBLASLT_MATRIX_LAYOUT_ORDER, layout, order),
    FIELD(CUBLASLT_MATRIX_LAYOUT_ROWS, layout, rows),
    FIELD(CUBLASLT_MATRIX_LAYOUT_COLS, layout, columns),
    FIELD(CUBLASLT_MATRIX_LAYOUT_LD, layout, ld),
    FIELD(CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, layout, batch),
    FIELD(CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, layout, batch_stride),
};
static const struct field matmul_fields[] = {
    FIELD(CUBLASLT_MATMUL_DESC_COMPUTE_TYPE, matmul, compute),
    FIELD(CUBLASLT_MATMUL_DESC_SCALE_TYPE, matmul, scale),
    FIELD(CUBLASLT_MATMUL_DESC_POINTER_MODE, matmul, pointer_mode),
    FIELD(CUBLASLT_MATMUL_DESC_TRANSA, matmul, transpose_a),
    FIELD(CUBLASLT_MATMUL_DESC_TRANSB, matmul, transpose_b),
    FIELD(CUBLASLT_MATMUL_DESC_TRANSC, matmul, transpose_c),
    FIELD(CUBLASLT_MATMUL_DESC_FILL_MODE, matmul, fill),
    FIELD(CUBLASLT_MATMUL_DESC_EPILOGUE, matmul, epilogue),
    FIELD(CUBLASLT_MATMUL_DESC_BIAS_POINTER, matmul, bias),
    FIELD(CUBLASLT_MATMUL_DESC_BIAS_BATCH_STRIDE, matmul, bias_stride),
    FIELD(CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, matmul, bias_type),
    FIELD(CUBLASLT_MATMUL_DESC_SM_COUNT_TARGET, matmul, multiprocessors),
    FIELD(CUBLASLT_MATMUL_DESC_FAST_ACCUM, matmul, fast_sums),
#if CUBLAS_VERSION >= 130100
    FIELD(CUBLASLT_MATMUL_DESC_EMULATION_DESCRIPTOR, matmul, emulation),
#endif
};
static const struct field preference_fields[] = {
    FIELD(CUBLASLT_MATMUL_PREF_SEARCH_MODE, preference, search),
    FIELD(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, preference, workspace),
    FIELD(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, preference, reductions),
    FIELD(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, preference, alignment[0]),
    FIELD(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, preference, alignment[1]),
    FIELD(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, preference, alignment[2]),
    FIELD(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, preference, alignment[3]),
    FIELD(CUBLASLT_MATMUL_PREF_MAX_WAVES_COUNT, preference, waves),
    FIELD(CUBLASLT_MATMUL_PREF_IMPL_MASK, preference, implementations),
};
static const struct table layouts = TABLE(MADE_LAYOUT, "cublasLt layout", layout_fields, cublasLtMatrixLayoutOpaque_t),
                          matmuls = TABLE(MADE_MATMUL, "cublasLt operation", matmul_fields, cublasLtMatmulDescOpaque_t),
                          preferences = TABLE(MADE_PREFERENCE, "cublasLt preference", preference_fields,
                                              cublasLtMatmulPreferenceOpaque_t);

_Static_assert(sizeof(struct layout) <= sizeof(cublasLtMatrixLayoutOpaque_t), "fits");
_Static_assert(sizeof(struct matmul) <= sizeof(cublasLtMatmulDescOpaque_t), "fits");
_Static_assert(sizeof(struct preference) <= sizeof(cublasLtMatmulPreferenceOpaque_t), "fits");

static bool is(const void *d, const struct table *t)
{
    uint32_t made;
    if (!d)
        return false;
    memcpy(&made, d, sizeof made);
    return made == t->made;
}

static const struct field *field_of(const struct table *t, int attribute)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->field[i].attribute == attribute)
            return &t->field[i];
    return NULL;
}

static cublasStatus_t set(const struct table *t, void *d, int attribute, const void *value, size_t bytes)
{
    const struct field *f = field_of(t, attribute);
    REQUIRE(is(d, t) && value, CUBLAS_STATUS_INVALID_VALUE);
    REQUIRE(f, CUBLAS_STATUS_NOT_SUPPORTED);
    REQUIRE(bytes == f->bytes, CUBLAS_STATUS_INVALID_VALUE);
    memcpy((char *)d + f->offset, value, bytes);
    return CUBLAS_STATUS_SUCCESS;
}

static cublasStatus_t get(const struct table *t, const void *d, int attribute, void *value, size_t bytes,
                          size_t *written)
{
    const struct field *f = field_of(t, attribute);
    REQUIRE(is(d, t) && (bytes || written), CUBLAS_STATUS_INVALID_VALUE);
    REQUIRE(f, CUBLAS_STATUS_NOT_SUPPORTED);
    REQUIRE(!bytes || (value && bytes == f->bytes), CUBLAS_STATUS_INVALID_VALUE);
    if (bytes)
        memcpy(value, (const char *)d + f->offset, bytes);
    if (written)
        *written = f->bytes;
    return CUBLAS_STATUS_SUCCESS;
}

static cublasStatus_t begin(const struct table *t, void *memory, size_t room, const void *content, size_t bytes)
{
    REQUIRE(memory, CUBLAS_STATUS_INVALID_VALUE);
    REQUIRE(room >= t->bytes, CUBLAS_STATUS_ALLOC_FAILED);
    memset(memory, 0, t->bytes);
    memcpy(memory, content, bytes);
    return CUBLAS_STATUS_SUCCESS;
}

/* The same in memory of its own, *out. */
static cublasStatus_t create(const struct table *t, void *out, const void *content, size_t bytes)
{
    REQUIRE(out, CUBLAS_STATUS_INVALID_VALUE);
    void *memory = malloc(t->bytes);
    REQUIRE(memory, CUBLAS_STATUS_ALLOC_FAILED);
    begin(t, memory, t->bytes, content, bytes);
    fake_hold(t->kind, memory, 0);
    memcpy(out, &memory, sizeof memory);
    return CUBLAS_STATUS_SUCCESS;
}

static cublasStatus_t destroy(const struct table *t, void *d, enum fake_verdict verdict)
{
    REQUIRE(d && fake_let_go(t->kind, d), CUBLAS_STATUS_INVALID_VALUE);
    free(d);
    return verdict == FAKE_GOES_ON ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_EXECUTION_FAILED;
}

static struct layout layout_default(cudaDataType type, uint64_t rows, uint64_t columns, int64_t ld)
{
    return (struct layout){.made = MADE_LAYOUT, .type = type, .rows = rows, .columns = columns, .ld = ld, .batch = 1};
}

static struct matmul matmul_default(cublasComputeType_t compute, cudaDataType_t scale)
{
    return (struct matmul){.made = MADE_MATMUL,
                           .compute = (int32_t)compute,
                           .scale = (int32_t)scale,
                           .fill = CUBLAS_FILL_MODE_FULL,
                           .epilogue = CUBLASLT_EPILOGUE_DEFAULT,
                           .bias_type = -1};
}

static struct preference preference_default(void)
{
    return (struct preference){.made = MADE_PREFERENCE,
                               .reductions = CUBLASLT_REDUCTION_SCHEME_MASK,
                               .alignment = {256, 256, 256, 256},
                               .implementations = UINT64_MAX};
}

/* The library's functions, alike for each kind of descriptor. */
#define ACCESS(name, handle, attributes, table)                                                                   \
    cublasStatus_t name##Destroy(handle d)                                                                        \
    {                                                                                                             \
        return destroy(&table, d, fake_call(__func__, FAKE_RELEASES));                                            \
    }                                                                                                             \
    cublasStatus_t name##SetAttribute(handle d, attributes attribute, const void *value, size_t bytes)            \
    {                                                                                                             \
        CALL(FAKE_ASKS, CUBLAS_STATUS_INTERNAL_ERROR);                                                            \
        return set(&table, d, (int)attribute, value, bytes);                                                      \
    }                                                                                                             \
    cublasStatus_t name##GetAttribute(handle d, attributes attribute, void *value, size_t bytes, size_t *written) \
    {                                                                                                             \
        CALL(FAKE_ASKS, CUBLAS_STATUS_INTERNAL_ERROR);                                                            \
        return get(&table, d, (int)attribute, value, bytes, written);                                             \
    }

ACCESS(cublasLtMatrixLayout, cublasLtMatrixLayout_t, cublasLtMatrixLayoutAttribute_t, layouts)
ACCESS(cublasLtMatmulDesc, cublasLtMatmulDesc_t, cublasLtMatmulDescAttributes_t, matmuls)
ACCESS(cublasLtMatmulPreference, cublasLtMatmulPreference_t, cublasLtMatmulPreferenceAttributes_t, preferences)

cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t *out, cudaDataType type, uint64_t rows, uint64_t cols,
                                          int64_t ld)
{
    CALL(FAKE_ASKS, CUBLAS_STATUS_ALLOC_FAILED);
    struct layout l = layout_default(type, rows, cols, ld);
    return create(&layouts, out, &l, sizeof l);
}

cublasStatus_t cublasLtMatrixLayoutInit_internal(cublasLtMatrixLayout_t memory, size_t size, cudaDataType type,
                                                 uint64_t rows, uint64_t cols, int64_t ld)
{
    CALL(FAKE_ASKS, CUBLAS_STATUS_INTERNAL_ERROR);
    struct layout l = layout_default(type, rows, cols, ld);
    return begin(&layouts, memory, size, &l, sizeof l);
}

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t *out, cublasComputeType_t compute, cudaDataType_t scale)
{
    CALL(FAKE_ASKS, CUBLAS_STATUS_ALLOC_FAILED);
    struct matmul m = matmul_default(compute, scale);
    return create(&matmuls, out, &m, sizeof m);
}

cublasStatus_t cublasLtMatmulDescInit_internal(cublasLtMatmulDesc_t memory, size_t size, cublasComputeType_t compute,
                                               cudaDataType_t scale)
{
    CALL(FAKE_ASKS, CUBLAS_STATUS_INTERNAL_ERROR);
    struct matmul m = matmul_default(compute, scale);
    return begin(&matmuls, memory, size, &m, sizeof m);
}

cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t *out)
{
    CALL(FAKE_ASKS, CUBLAS_STATUS_ALLOC_FAILED);
    struct preference p = preference_default();
    return create(&preferences, out, &p, sizeof p);
}

cublasStatus_t cublasLtMatmulPreferenceInit_internal(cublasLtMatmulPreference_t memory, size_t size)
{
    CALL(FAKE_ASKS, CUBLAS_STATUS_INTERNAL_ERROR);
    struct preference p = preference_default();
    return begin(&preferences, memory, size, &p, sizeof p);
}

#if CUBLAS_VERSION >= 130100
/* How floating point may be emulated: kept, and never done here. */
struct emulation {
    uint32_t made;
    int32_t strategy, special_values, mantissa_control, mantissa_bits, mantissa_offset;
};
static const struct field emulation_fields[] = {
    FIELD(CUBLASLT_EMULATION_DESC_STRATEGY, emulation, strategy),
    FIELD(CUBLASLT_EMULATION_DESC_SPECIAL_VALUES_SUPPORT, emulation, special_values),
    FIELD(CUBLASLT_EMULATION_DESC_FIXEDPOINT_MANTISSA_CONTROL, emulation, mantissa_control),
    FIELD(CUBLASLT_EMULATION_DESC_FIXEDPOINT_MAX_MANTISSA_BIT_COUNT, emulation, mantissa_bits),
    FIELD(CUBLASLT_EMULATION_DESC_FIXEDPOINT_MANTISSA_BIT_OFFSET, emulation, mantissa_offset),
};
static const struct table emulations =
    TABLE(MADE_EMULATION, "cublasLt emulation", emulation_fields, cublasLtEmulationDescOpaque_t);
static const struct emulation emulation_default = {.made = MADE_EMULATION, .special_values = 0xffff};

ACCESS(cublasLtEmulationDesc, cublasLtEmulationDesc_t, cublasLtEmulationDescAttributes_t, emulations)

cublasStatus_t cublasLtEmulationDescCreate(cublasLtEmulationDesc_t *out)
{
    CALL(FAKE_ASKS, CUBLAS_STATUS_ALLOC_FAILED);
    return create(&emulations, out, &emulation_default, sizeof emulation_default);
}

cublasStatus_t cublasLtEmulationDescInit_internal(cublasLtEmulationDesc_t memory, size_t size)
{
    CALL(FAKE_ASKS, CUBLAS_STATUS_INTERNAL_ERROR);
    return begin(&emulations, memory, size, &emulation_default, sizeof emulation_default);
}
#endif
