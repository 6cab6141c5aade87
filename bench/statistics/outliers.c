#include "bench/statistics/outliers.h"

#include <math.h>

#include "bench/statistics/summary.h"

struct fences fences_of(const double *ascending, int n)
{
    if (n < FEWEST_FOR_OUTLIERS)
        return (struct fences){-INFINITY, -INFINITY, INFINITY, INFINITY};
    double low = quantile_of(ascending, n, 0.25), high = quantile_of(ascending, n, 0.75), range = high - low;
    return (struct fences){low - 3 * range, low - 1.5 * range, high + 1.5 * range, high + 3 * range};
}

enum outlier outlier_of(const struct fences *f, double value)
{
    if (value < f->inner_low)
        return value < f->outer_low ? OUTLIER_LOW_SEVERE : OUTLIER_LOW_MILD;
    if (value > f->inner_high)
        return value > f->outer_high ? OUTLIER_HIGH_SEVERE : OUTLIER_HIGH_MILD;
    return OUTLIER_NONE;
}

const char *outlier_name(enum outlier o)
{
    static const char *const names[] = {"", "low severe", "low mild", "high mild", "high severe"};
    return names[o];
}
