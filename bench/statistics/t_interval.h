/* Intervals of a mean, and of the difference of two means, by Student's t. */
#ifndef SDBENCH_BENCH_STATISTICS_T_INTERVAL_H
#define SDBENCH_BENCH_STATISTICS_T_INTERVAL_H

#include <stdbool.h>

struct t_interval {
    bool known;            /* false where there are too few values: low and high are -INFINITY and INFINITY */
    double estimate;       /* the mean, or the difference; 0 without values */
    double standard_error; /* of the estimate */
    double df;             /* degrees of freedom */
    double low, high;
};

/* Of the mean of n values, from two on. level: 0.95, 0.975 ... The values are independent and roughly normal. */
struct t_interval mean_interval(const double *values, int n, double level);

/* Of mean(b) - mean(a), where the two samples are not paired and may spread differently: Welch's interval (Biometrika
 * 34, 1947), from two values on each side. */
struct t_interval difference_interval(const double *a, int a_n, const double *b, int b_n, double level);

/* Without any margin: what finds a difference where there is none in 1 - level of all cases. */
bool interval_excludes_zero(const struct t_interval *i);

#endif
