#include "bench/statistics/theil_sen.h"

#include <math.h>
#include <stdlib.h>

#include "bench/statistics/inversions.h"
#include "bench/statistics/summary.h"

struct points {
    const double *x, *y;
    int n;
    double *rest, *scratch;   /* n each */
    double smallest, largest; /* of all slopes: they are between neighbours */
};

static void subtract_line(const struct points *p, double slope)
{
    for (int i = 0; i < p->n; i++)
        p->rest[i] = (p->y[i] - p->y[0]) - slope * (p->x[i] - p->x[0]);
}

/* A pair falls, after a line is taken away, where its slope is less than the line's. */
static int64_t count_below(const struct points *p, double slope)
{
    subtract_line(p, slope);
    return count_inversions(p->rest, p->scratch, p->n);
}

/* The k-th smallest slope, k from 1: halves the span until doubles cannot tell its ends apart, or rounding would. */
static double slope_of_rank(const struct points *p, int64_t k)
{
    double low = p->smallest, high = p->largest, enough = 1e-14 * fmax(fabs(low), fabs(high));
    if (count_below(p, high) < k)
        return high;
    while (high - low > enough) {
        double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high)
            break;
        *(count_below(p, middle) < k ? &low : &high) = middle;
    }
    return low;
}

/* The largest k such that fewer than k slopes lie below the true one, or above it, in at most 5 % of all cases: there
 * are as many as a random order has inversions. 0 where there is none. */
static int64_t interval_rank(int n)
{
    int64_t low = 0, high = (int64_t)n * (n - 1) / 4 + 1; /* P(fewer than low) is small enough, than high is not */
    while (high - low > 1) {
        int64_t k = low + (high - low) / 2;
        *(2 * inversions_cdf(n, k - 1) <= 0.05 ? &low : &high) = k;
    }
    return low;
}

static void fit(struct points *p, struct theil_sen *out)
{
    int64_t all = (int64_t)p->n * (p->n - 1) / 2, rank = interval_rank(p->n);
    double a = slope_of_rank(p, (all + 1) / 2), b = all % 2 ? a : slope_of_rank(p, all / 2 + 1);
    out->slope = a / 2 + b / 2;
    out->low = rank ? slope_of_rank(p, rank) : -INFINITY;
    out->high = rank ? slope_of_rank(p, all + 1 - rank) : INFINITY;
    subtract_line(p, out->slope);
    sort_ascending(p->rest, p->n);
    out->intercept = median_of(p->rest, p->n) + p->y[0] - out->slope * p->x[0];
}

struct err theil_sen(const double *x, const double *y, int n, struct theil_sen *out)
{
    struct points p = {.x = x, .y = y, .n = n, .smallest = INFINITY, .largest = -INFINITY};
    *out = (struct theil_sen){.n = n, .intercept = n ? y[0] : 0, .low = -INFINITY, .high = INFINITY};
    for (int i = 1; i < n; i++) {
        double slope = (y[i] - y[i - 1]) / (x[i] - x[i - 1]);
        if (!(x[i] > x[i - 1]) || !isfinite(slope))
            return err_fail("no line through these points: point %d is not finite, or not to the right of point %d",
                            i + 1, i);
        p.smallest = fmin(p.smallest, slope);
        p.largest = fmax(p.largest, slope);
    }
    TRY(kendall_test(y, n, &out->kendall));
    if (n < 2)
        return OK;
    p.rest = malloc(2 * (size_t)n * sizeof *p.rest);
    if (!p.rest)
        return err_fail("out of memory for statistics");
    p.scratch = p.rest + n;
    fit(&p, out);
    free(p.rest);
    return OK;
}
