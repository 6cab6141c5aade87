/* Between the files of the host's cuBLASLt. */
#ifndef SDBENCH_TESTS_CUDA_HOST_FAKE_CUBLASLT_H
#define SDBENCH_TESTS_CUDA_HOST_FAKE_CUBLASLT_H

#pragma GCC visibility push(default)
#include <cublasLt.h>
#pragma GCC visibility pop

#include "tests/cuda/host/fake.h"

/* Begins a function of the library: counts the call, and leaves where it has to fail. */
#define CALL(kind, refused)                                                             \
    do {                                                                                \
        enum fake_verdict verdict_ = fake_call(__func__, kind);                         \
        if (verdict_ != FAKE_GOES_ON)                                                   \
            return verdict_ == FAKE_FAULT ? CUBLAS_STATUS_EXECUTION_FAILED : (refused); \
    } while (0)
#define REQUIRE(condition, code) \
    do {                         \
        if (!(condition))        \
            return code;         \
    } while (0)
#define PASS(call)                       \
    do {                                 \
        cublasStatus_t s_ = (call);      \
        if (s_ != CUBLAS_STATUS_SUCCESS) \
            return s_;                   \
    } while (0)

/* What is in the library's opaque structures. made: one of MADE_*, so that nothing else is taken for one. */
enum { MADE_LAYOUT = 0x1a07, MADE_MATMUL, MADE_PREFERENCE, MADE_EMULATION };
struct layout {
    uint32_t made, type;
    int32_t order, batch;
    uint64_t rows, columns;
    int64_t ld, batch_stride;
    uint32_t batch_mode;
};
struct matmul {
    uint32_t made;
    int32_t compute, scale, pointer_mode, transpose_a, transpose_b, transpose_c, fill;
    uint32_t epilogue;
    int32_t bias_type, multiprocessors;
    int8_t fast_sums;
    const void *bias, *emulation;
    int64_t bias_stride;
};
struct preference {
    uint32_t made, search, reductions, alignment[4];
    float waves;
    uint64_t workspace, implementations;
};

/* y = alpha a b + beta c + bias, `batch` times: a (m,k), b (k,n), c and y (m,n), bias (m). */
struct operand {
    enum dtype type;
    int64_t row, column, batch; /* strides in elements */
};
struct problem {
    int64_t m, n, k, batch, bias_batch;
    cublasComputeType_t compute;
    struct operand a, b, c, y;
    bool has_bias;
    enum dtype bias;
    const void *bias_at;
};
cublasStatus_t problem_of(const void *matmul, const void *a, const void *b, const void *c, const void *y,
                          struct problem *out);

/* A way to compute it; what it says to cublasLtMatmulAlgoCapGetAttribute is `flags`. */
struct algorithm {
    int id, tile, stages, splits;
    cublasLtReductionScheme_t reduction;
    uint64_t flags;
};
/* The algorithm of these words, or of the heuristic's first choice where there are none, and whether it suits. */
cublasStatus_t algorithm_of(const cublasLtMatmulAlgo_t *words, const struct problem *p, struct algorithm *out);
size_t algorithm_workspace(const struct algorithm *a, const struct problem *p);

/* Whether this is an open handle. */
bool handle_open(cublasLtHandle_t handle);

#endif
