/* A line through points that outliers do not move: the median of the slopes of all pairs (Theil 1950, Sen 1968). */
#ifndef SDBENCH_BENCH_STATISTICS_THEIL_SEN_H
#define SDBENCH_BENCH_STATISTICS_THEIL_SEN_H

#include "bench/statistics/kendall.h"

struct theil_sen {
    int n;
    double slope, intercept; /* intercept: the median of y - slope x */
    double low, high;        /* 95 % interval of the slope, by ranks; -INFINITY and INFINITY where no ranks make one */
    struct kendall kendall;  /* whether y rises or falls at all */
};

/* Of n points; x strictly ascending (anything else is an error). Below two points the slope is 0. Memory for 2 n
 * numbers and n log n steps, so that a series of ten thousand samples may ask. */
struct err theil_sen(const double *x, const double *y, int n, struct theil_sen *out);

#endif
