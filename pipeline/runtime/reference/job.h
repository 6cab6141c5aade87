/* What a reference kernel gets: one node with its operands. */
#ifndef SDBENCH_RUNTIME_REFERENCE_JOB_H
#define SDBENCH_RUNTIME_REFERENCE_JOB_H

#include "pipeline/graph/graph.h"
#include "pipeline/runtime/reference/access.h"

/* Parameters that were loaded (weights, biases, tables) are inputs like any other: dense rows of float32, rounded
 * through the dtype of their value. */
struct job {
    struct params params;
    int n_inputs, n_outputs, threads;
    struct tensor in[MAX_INPUTS], out[MAX_OUTPUTS];
    void *scratch; /* job_scratch_bytes */
};

/* A kernel computes each output element in one thread and in one order: bits do not depend on the number of threads. */
#define OP(name, kind, inputs, summary) JOB_##kind(name)
#define JOB_PRODUCT(name)               void reference_##name(const struct job *j);
#define JOB_NORM(name)                  JOB_PRODUCT(name)
#define JOB_ELEMENTWISE(name)           JOB_PRODUCT(name)
#define JOB_MOVE(name)                  JOB_PRODUCT(name)
#define JOB_VIEW(name)
#define JOB_LOAD(name)
#include "pipeline/graph/ops.def"
#undef OP

/* An elementwise operation of one operand as a layer's activation; 0: none. */
double reference_activate(int64_t op, double x);

/* Products gather operands into dense rows before they multiply. */
size_t job_scratch_bytes(enum op op, const struct job *j);

#endif
