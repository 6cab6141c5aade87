#include "bench/measure/statistics.h"

#include <math.h>

/* The largest k such that 2 P(Binomial(n, 1/2) < k) is at most 5 %; 0 where there is none. */
static int interval_rank(int n)
{
    double sum = 0;
    for (int k = 0; k < n; k++) {
        sum += exp(lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0) - n * log(2));
        if (2 * sum > 0.05)
            return k;
    }
    return 0;
}

struct summary summary_of(const int64_t *ascending, int n)
{
    struct summary s = {.n = n};
    if (n < 1)
        return s;
    int rank = interval_rank(n);
    s.is_interval = rank > 0;
    s.median = ((double)ascending[(n - 1) / 2] + (double)ascending[n / 2]) / 2;
    s.low = (double)ascending[rank ? rank - 1 : 0];
    s.high = (double)ascending[rank ? n - rank : n - 1];
    return s;
}
