/* Whether each value hangs on the one before it. */
#ifndef SDBENCH_BENCH_STATISTICS_AUTOCORRELATION_H
#define SDBENCH_BENCH_STATISTICS_AUTOCORRELATION_H

/* r1 of Box & Jenkins (Time Series Analysis, 1970, 2.1.5), -1 to 1: sum (v[i] - mean) (v[i + 1] - mean) over all
 * neighbours, divided by the sum of squares over all values. 0 where there are fewer than two, or all are equal. */
double autocorrelation_lag1(const double *values, int n);

/* How many independent values tell as much about the mean: n (1 - rho) / (1 + rho) for a series whose neighbours
 * correlate by rho, each hanging on the one before alone. Between 1 and n: a negative rho is not counted as a gain. */
double effective_n(int n, double rho);

#endif
