/* Kendall's S: whether values rise or fall with their order (the test of Mann and Kendall). */
#ifndef SDBENCH_BENCH_STATISTICS_KENDALL_H
#define SDBENCH_BENCH_STATISTICS_KENDALL_H

#include <stdbool.h>
#include <stdint.h>

#include "pipeline/base/error.h"

enum { MOST_FOR_EXACT_KENDALL = 50 };

struct kendall {
    int64_t s;  /* pairs that rise less pairs that fall, in the order given */
    bool exact; /* p is that of all orders; otherwise of the normal approximation, corrected for ties and continuity */
    double p;   /* two-sided; 1 below two values */
};

/* Exact up to MOST_FOR_EXACT_KENDALL values without ties. Values in a row that hang together (autocorrelation) make p
 * too small. */
struct err kendall_test(const double *values, int n, struct kendall *out);

/* P(a random order of n different values has at most k inversions), exact up to MOST_FOR_EXACT_KENDALL, above by the
 * normal approximation. */
double inversions_cdf(int n, int64_t k);

#endif
