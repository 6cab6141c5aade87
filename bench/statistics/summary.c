#include "bench/statistics/summary.h"

#include <math.h>
#include <stdlib.h>

/* The largest k such that 2 P(Binomial(n, 1/2) < k) is at most 5 %; 0 where there is none. What lies more than twelve
 * standard deviations (each sqrt(n) / 2) below the middle adds less than 1e-30 and is left out, so that a stop rule may
 * ask after each of many samples. */
static int interval_rank(int n)
{
    int first = (int)fmax(0, n / 2 - 6 * sqrt(n));
    double chance = exp(lgamma(n + 1.0) - lgamma(first + 1.0) - lgamma(n - first + 1.0) - n * log(2)), sum = 0;
    for (int k = first; k < n; k++) {
        sum += chance; /* P(k or fewer) */
        if (2 * sum > 0.05)
            return k;
        chance *= (n - k) / (k + 1.0);
    }
    return 0;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void sort_ascending(double *values, int n)
{
    if (n > 1)
        qsort(values, (size_t)n, sizeof *values, by_value);
}

double median_of(const double *ascending, int n)
{
    return n < 1 ? 0 : ascending[(n - 1) / 2] / 2 + ascending[n / 2] / 2;
}

double quantile_of(const double *ascending, int n, double p)
{
    if (n < 1)
        return 0;
    double rank = fmin(fmax(p * (n + 1.0), 1), n); /* from 1 */
    int below = (int)rank;
    double from = ascending[below - 1], to = ascending[below < n ? below : n - 1];
    return from + (rank - below) * (to - from);
}

/* Left of the median the deviations grow downwards, right of it upwards: the two rows are merged up to the middle. */
double median_absolute_deviation(const double *ascending, int n)
{
    double median = median_of(ascending, n), middle[2] = {0};
    int right = 0;
    while (right < n && ascending[right] < median)
        right++;
    for (int left = right - 1, taken = 0; taken <= n / 2 && n > 0; taken++) {
        bool from_left = right == n || (left >= 0 && median - ascending[left] <= ascending[right] - median);
        middle[0] = middle[1];
        middle[1] = from_left ? median - ascending[left--] : ascending[right++] - median;
    }
    return n % 2 ? middle[1] : (middle[0] + middle[1]) / 2;
}

/* The mean and the squares around it in two passes, since times are large and differ little. */
static void add_moments(const double *values, int n, struct summary *s)
{
    double squares = 0;
    for (int i = 0; i < n; i++)
        s->mean += values[i] / n;
    for (int i = 0; i < n; i++)
        squares += (values[i] - s->mean) * (values[i] - s->mean);
    s->sd = n > 1 ? sqrt(squares / (n - 1)) : 0;
    s->coefficient_of_variation = s->mean != 0 ? s->sd / s->mean : 0;
}

struct summary summary_of(const double *ascending, int n)
{
    struct summary s = {.n = n};
    if (n < 1)
        return (struct summary){0};
    int rank = interval_rank(n);
    s.is_interval = rank > 0;
    s.median = median_of(ascending, n);
    s.smallest = ascending[0];
    s.largest = ascending[n - 1];
    s.low = rank ? ascending[rank - 1] : s.smallest;
    s.high = rank ? ascending[n - rank] : s.largest;
    s.quartile[0] = quantile_of(ascending, n, 0.25);
    s.quartile[1] = quantile_of(ascending, n, 0.75);
    s.mad = median_absolute_deviation(ascending, n);
    s.mad_sd = MAD_TO_SD * s.mad;
    add_moments(ascending, n, &s);
    return s;
}
