#include "bench/statistics/autocorrelation.h"

#include <math.h>

double autocorrelation_lag1(const double *values, int n)
{
    double mean = 0, products = 0, squares = 0;
    for (int i = 0; i < n; i++)
        mean += values[i] / n;
    for (int i = 0; i < n; i++) {
        squares += (values[i] - mean) * (values[i] - mean);
        products += i ? (values[i] - mean) * (values[i - 1] - mean) : 0;
    }
    double rounding = 1e-15 * mean; /* what is left of equal values, each */
    return squares > n * rounding * rounding ? products / squares : 0;
}

double effective_n(int n, double rho)
{
    double n_effective = n * (1 - rho) / (1 + rho);
    return rho <= 0 ? n : fmin(n, fmax(n_effective, n < 1 ? n : 1));
}
