/* Products of matrices by cuBLASLt, as rows: D[m][n] = alpha A[m][k] B (+ C[m][n]) (+ bias[n]), all of them rows with a
 * pitch, batches a fixed distance apart. Sums are float32. */
#ifndef SDBENCH_CUDA_GEMM_H
#define SDBENCH_CUDA_GEMM_H

#include "pipeline/runtime/cuda/cuda.h"

struct gemm_problem {
    int64_t m, n, k, batch;
    bool b_rows; /* B is [n][k], as weights and keys are; otherwise [k][n], as values are */
    struct gemm_matrix {
        int64_t pitch, every; /* elements between rows; between matrices of a batch, or of products that follow each
                                 other (0: alone) */
    } a, b, c, d;
    enum dtype read, write; /* of A and B; of C, D and the bias */
    bool bias, adds;        /* adds: C */
    enum numerics numerics;
};

/* A product with its algorithm chosen. On a described device it has no algorithm and cannot run. */
struct gemm;
struct err gemm_make(struct cuda *cuda, const struct gemm_problem *p, struct gemm **out);
void gemm_free(struct gemm *g); /* g may be NULL */
size_t gemm_workspace(const struct gemm *g);
const char *gemm_name(const struct gemm *g);

/* alpha is host memory. c is NULL where nothing is added, bias where there is none. */
struct gemm_operands {
    const void *a, *b, *c, *bias;
    void *d, *workspace;
    float alpha;
};
struct err gemm_run(struct gemm *g, const struct gemm_operands *o);

#endif
