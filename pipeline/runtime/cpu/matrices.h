/* Layers that are products of matrices, with their epilogue: linear layers, gated ones, and 1x1 convolutions. */
#ifndef SDBENCH_CPU_MATRICES_H
#define SDBENCH_CPU_MATRICES_H

#include "pipeline/runtime/cpu/product.h"

/* The node's whole product: rows of its sources (joined on channels) times its weight (N,K), epilogue included. For
 * geglu the weight has two halves: value, then gate. */
struct err choose_matrices(const struct site *s, struct kernel *out);

#endif
