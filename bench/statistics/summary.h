/* Some times in few numbers: their middle, how sure it is, and how far they spread. */
#ifndef SDBENCH_BENCH_STATISTICS_SUMMARY_H
#define SDBENCH_BENCH_STATISTICS_SUMMARY_H

#include <stdbool.h>

enum { FEWEST_FOR_INTERVAL = 6 };

/* Turns a median absolute deviation into the standard deviation of a normal distribution: 1 / Phi^-1(3/4). */
#define MAD_TO_SD 1.4826

/* All 0 where n is 0, in the unit of the values. */
struct summary {
    int n;
    double median, low, high;
    bool is_interval; /* low and high are a 95 % interval of the median; otherwise smallest and largest */
    double smallest, largest;
    double quartile[2];              /* lower and upper */
    double mad, mad_sd;              /* median absolute deviation from the median, and the same times MAD_TO_SD */
    double mean, sd;                 /* sd of the sample, with n - 1; 0 where n is 1 */
    double coefficient_of_variation; /* sd / mean; 0 where the mean is 0 */
};

/* Of n ascending values. The interval takes no shape of the distribution for granted: it runs from the k-th smallest to
 * the k-th largest value, and misses the median with the probability that fewer than k of n fair coins fall on one
 * side. Below six values no k makes that 5 % or less. */
struct summary summary_of(const double *ascending, int n);

/* 0 where n is 0. */
double median_of(const double *ascending, int n);

/* The value below which a share p lies, by the rank p (n + 1), linear between two values and cut at the ends:
 * definition 6 of Hyndman & Fan (The American Statistician 50, 1996), NIST's. */
double quantile_of(const double *ascending, int n, double p);

/* The median of |value - median|. */
double median_absolute_deviation(const double *ascending, int n);

/* For sorting in place: NaN is not expected. */
void sort_ascending(double *values, int n);

#endif
