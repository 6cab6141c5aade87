/* Many tests at once: which findings to believe (Benjamini & Hochberg, J. R. Statist. Soc. B 57, 1995). */
#ifndef SDBENCH_BENCH_STATISTICS_BENJAMINI_HOCHBERG_H
#define SDBENCH_BENCH_STATISTICS_BENJAMINI_HOCHBERG_H

#include "pipeline/base/error.h"

/* q[i]: the smallest share of false findings at which p[i] is still a finding, the smallest over p[j] >= p[i] of
 * n p[j] / rank(p[j]), at most 1. In the order of p. Findings with q <= 0.05 hold, in expectation, at most 5 % false
 * ones. */
struct err benjamini_hochberg(const double *p, int n, double *q);

#endif
