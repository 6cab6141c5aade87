/* How many pairs stand in descending order: what Kendall's tau and the slopes of Theil and Sen are made of. */
#ifndef SDBENCH_BENCH_STATISTICS_INVERSIONS_H
#define SDBENCH_BENCH_STATISTICS_INVERSIONS_H

#include <stdint.h>

/* Pairs i < j with values[i] > values[j], in n log n steps. Sorts the values; `scratch` has room for n more. */
int64_t count_inversions(double *values, double *scratch, int n);

#endif
