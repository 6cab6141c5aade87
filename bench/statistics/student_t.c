#include "bench/statistics/student_t.h"

#include <math.h>

static double not_zero(double x)
{
    return fabs(x) < 1e-300 ? 1e-300 : x;
}

/* The continued fraction of I_x(a, b) (Abramowitz & Stegun 26.5.8), 1 / (1 + d1 / (1 + d2 / (1 + ...))), from the front
 * by Lentz's method: `c` and `d` are the ratios of successive numerators and denominators. */
static double beta_fraction(double a, double b, double x)
{
    double c = 1, d = 0, f = 1;
    for (int j = 0; j < 10000; j++) {
        int m = j / 2;
        double coefficient = j == 0  ? 1
                             : j % 2 ? -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
                                     : m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / not_zero(1 + coefficient * d);
        c = not_zero(1 + coefficient / c);
        f *= c * d;
        if (j && fabs(c * d - 1) < 1e-15)
            break;
    }
    return f - 1;
}

double incomplete_beta(double a, double b, double x)
{
    if (!(a > 0) || !(b > 0) || isnan(x))
        return NAN;
    if (x <= 0 || x >= 1)
        return x <= 0 ? 0 : 1;
    if (x > (a + 1) / (a + b + 2)) /* where it converges fast */
        return 1 - incomplete_beta(b, a, 1 - x);
    double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    return front / a * beta_fraction(a, b, x);
}

/* Abramowitz & Stegun 26.7.1: both tails together are I_x(df/2, 1/2) with x = df / (df + t^2). */
double student_t_cdf(double t, double df)
{
    if (!(df > 0) || isnan(t))
        return NAN;
    double square = t * t;
    double tail = square < df ? 1 - incomplete_beta(0.5, df / 2, square / (df + square)) /* x near 1: not by 1 - x */
                              : incomplete_beta(df / 2, 0.5, df / (df + square));
    return t > 0 ? 1 - tail / 2 : tail / 2;
}

static double density(double t, double df)
{
    return exp(lgamma((df + 1) / 2) - lgamma(df / 2) - (df + 1) / 2 * log1p(t * t / df)) / sqrt(df * acos(-1.0));
}

/* Newton's steps, kept inside a bracket that shrinks. */
static double upper_quantile(double p, double df)
{
    double low = 0, high = 1, t;
    while (student_t_cdf(high, df) < p && high < 1e300)
        high *= 2;
    t = high;
    for (int i = 0; i < 200; i++) {
        double over = student_t_cdf(t, df) - p, slope = density(t, df);
        *(over > 0 ? &high : &low) = t;
        double next = slope > 0 ? t - over / slope : low;
        if (!(next > low && next < high))
            next = low + (high - low) / 2;
        if (fabs(next - t) <= 1e-14 * t)
            return next;
        t = next;
    }
    return t;
}

double student_t_quantile(double p, double df)
{
    if (!(df > 0) || !(p >= 0 && p <= 1))
        return NAN;
    if (p == 0 || p == 1)
        return p == 0 ? -INFINITY : INFINITY;
    if (p == 0.5)
        return 0;
    return p > 0.5 ? upper_quantile(p, df) : -upper_quantile(1 - p, df);
}
