/* The arithmetic of a softmax row, shared by softmax and attention. */
#ifndef SDBENCH_CPU_SHARES_H
#define SDBENCH_CPU_SHARES_H

#include "pipeline/base/dtype.h"

/* The largest of n > 0 floats; NaN where there is one with a clear sign. */
float shares_largest(const float *x, int64_t n);

/* y[i] = e^(factor (x[i] - top)) as f32 (y may be x) or bf16; returns the sum of what was not rounded yet. */
double shares_exponentials(void *y, enum dtype dtype, const float *x, float factor, float top, int64_t n);

#endif
