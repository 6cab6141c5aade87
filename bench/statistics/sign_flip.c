#include "bench/statistics/sign_flip.h"

#include <math.h>

/* Sums that differ by less than this share of all magnitudes are equal: they differ by rounding. */
#define ROUNDING 1e-12

struct search {
    const double *values;
    int n;
    double threshold;                    /* a sum this far from 0 is extreme */
    double rest[MOST_FOR_SIGN_FLIP + 1]; /* rest[i]: what the magnitudes from i on can add */
};

/* How many choices for the values from i on are extreme, if those before sum to `sum`. A branch whose sum can no longer
 * leave its side of the threshold is counted as a whole. */
static uint64_t count_extreme(const struct search *s, int i, double sum)
{
    if (fabs(sum) + s->rest[i] < s->threshold)
        return 0;
    if (fabs(sum) - s->rest[i] >= s->threshold)
        return (uint64_t)1 << (s->n - i);
    if (i == s->n)
        return 0; /* not reached: rest is 0 */
    double step = fabs(s->values[i]);
    return count_extreme(s, i + 1, sum + step) + count_extreme(s, i + 1, sum - step);
}

struct sign_flip sign_flip_test(const double *values, int n)
{
    struct search s = {.values = values, .n = n};
    double sum = 0;
    if (n < 1 || n > MOST_FOR_SIGN_FLIP)
        return (struct sign_flip){0};
    for (int i = n - 1; i >= 0; i--) {
        s.rest[i] = s.rest[i + 1] + fabs(values[i]);
        sum += values[i];
    }
    if (!isfinite(s.rest[0]))
        return (struct sign_flip){0};
    s.threshold = fabs(sum) - ROUNDING * s.rest[0];
    struct sign_flip f = {true, count_extreme(&s, 0, 0), (uint64_t)1 << n, 0};
    f.p = (double)f.extreme / (double)f.all;
    return f;
}
