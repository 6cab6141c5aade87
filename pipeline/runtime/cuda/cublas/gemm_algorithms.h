/* A product's algorithms: asked for, filtered by what the numerics allow, chosen, remembered. */
#ifndef SDBENCH_CUDA_GEMM_ALGORITHMS_H
#define SDBENCH_CUDA_GEMM_ALGORITHMS_H

#include "pipeline/runtime/cuda/cublas/gemm.h"

/* NVIDIA's recommendation for Hopper. */
enum { GEMM_WORKSPACE = 32 << 20, GEMM_SIGNATURE = 320 };

struct gemm {
    struct cuda *cuda;
    struct gemm_problem problem;
    cublasLtMatmulDesc_t operation;
    cublasLtMatrixLayout_t a, b, c, d;
    const void *bias; /* the one that the operation knows */
    cublasLtMatmulHeuristicResult_t *algorithm;
    int algorithms;
    cublasLtMatmulAlgo_t chosen;
    size_t chosen_workspace;
    char name[96];
};

struct err gemm_choose(struct gemm *g, const char *signature);

#endif
