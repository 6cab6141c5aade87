#include "bench/statistics/t_interval.h"

#include <math.h>

#include "bench/statistics/student_t.h"

struct moments {
    double mean, variance_of_mean;
};

static struct moments moments_of(const double *values, int n)
{
    struct moments m = {0};
    double squares = 0;
    for (int i = 0; i < n; i++)
        m.mean += values[i] / n;
    for (int i = 0; i < n; i++)
        squares += (values[i] - m.mean) * (values[i] - m.mean);
    m.variance_of_mean = n > 1 ? squares / (n - 1) / n : 0;
    return m;
}

static struct t_interval interval_around(double estimate, double variance, double df, double level)
{
    double error = sqrt(variance), half = error > 0 ? error * student_t_quantile((1 + level) / 2, df) : 0;
    return (struct t_interval){true, estimate, error, df, estimate - half, estimate + half};
}

static struct t_interval unknown_around(double estimate)
{
    return (struct t_interval){.estimate = estimate, .low = -INFINITY, .high = INFINITY};
}

struct t_interval mean_interval(const double *values, int n, double level)
{
    struct moments m = moments_of(values, n);
    return n < 2 ? unknown_around(m.mean) : interval_around(m.mean, m.variance_of_mean, n - 1, level);
}

struct t_interval difference_interval(const double *a, int a_n, const double *b, int b_n, double level)
{
    struct moments of_a = moments_of(a, a_n), of_b = moments_of(b, b_n);
    double difference = of_b.mean - of_a.mean, va = of_a.variance_of_mean, vb = of_b.variance_of_mean;
    if (a_n < 2 || b_n < 2)
        return unknown_around(a_n && b_n ? difference : 0);
    double df = va + vb > 0 ? (va + vb) * (va + vb) / (va * va / (a_n - 1) + vb * vb / (b_n - 1)) : a_n + b_n - 2;
    return interval_around(difference, va + vb, df, level);
}

bool interval_excludes_zero(const struct t_interval *i)
{
    return i->known && (i->low > 0 || i->high < 0);
}
