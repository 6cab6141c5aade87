/* Whether values fall into two groups with nothing between them: a median of such tells of neither. */
#ifndef SDBENCH_BENCH_STATISTICS_MODES_H
#define SDBENCH_BENCH_STATISTICS_MODES_H

#include <stdbool.h>

enum { FEWEST_FOR_MODES = 10, FEWEST_IN_A_MODE = 3 };

struct modes {
    bool bimodal;
    int lower_n;         /* values of the lower group; the others are the upper one */
    double lower, upper; /* medians of the two groups */
    double separation; /* the gap between them over the wider group's width; 0 without a gap, INFINITY without width */
    double limit;      /* above it they are two */
};

/* Of n ascending values: each split into groups of at least a fifth of the values (and FEWEST_IN_A_MODE) is tried, and
 * the one with the largest separation kept. A group is as wide as its inner 80 %, so that in a large group one value
 * far out does not hide a gap. Few values leave wide gaps by chance, so the limit is 0.7 + 110 / n^2: by simulation at
 * most 1 % of samples of 10 to 100 values from one normal, uniform or lognormal (sigma 0.5) distribution are above it,
 * and two normal ones 12 standard deviations apart in 95 % or more (tests/unit/test_modes.c). */
struct modes modes_of(const double *ascending, int n);

#endif
