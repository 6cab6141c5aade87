#include "bench/statistics/kendall.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/statistics/inversions.h"

static double normal_cdf(double z)
{
    return erfc(-z / sqrt(2)) / 2;
}

/* Of S without ties: n (n - 1) (2n + 5) / 18; each group of t equal values takes its own share away. */
static double variance_of_s(double n)
{
    return n * (n - 1) * (2 * n + 5) / 18;
}

/* The i-th value of an order adds 0 .. i - 1 inversions, all equally likely: the distribution of their sum. */
static double exact_cdf(int n, int64_t k)
{
    enum { MOST = MOST_FOR_EXACT_KENDALL * (MOST_FOR_EXACT_KENDALL - 1) / 2 + 1 };
    double chance[MOST] = {1}, next[MOST], sum = 0;
    for (int i = 2, pairs = 1; i <= n; pairs += i++) {
        double window = 0;
        for (int j = 0; j <= pairs; j++) {
            window += j <= pairs - i + 1 ? chance[j] : 0;
            window -= j >= i ? chance[j - i] : 0;
            next[j] = window / i;
        }
        memcpy(chance, next, (size_t)(pairs + 1) * sizeof *chance);
    }
    for (int64_t j = 0; j <= k && j <= (int64_t)n * (n - 1) / 2; j++)
        sum += chance[j];
    return fmin(sum, 1);
}

double inversions_cdf(int n, int64_t k)
{
    if (k < 0)
        return 0;
    if (n < 2)
        return 1;
    if (n <= MOST_FOR_EXACT_KENDALL)
        return exact_cdf(n, k);
    double all = (double)n * (n - 1) / 2, s = 2 * (double)k - all;
    return normal_cdf((s + 1) / sqrt(variance_of_s(n)));
}

/* Pairs of equal values among ascending ones, and what they take from the variance. */
static int64_t count_ties(const double *ascending, int n, double *variance)
{
    int64_t pairs = 0;
    for (int i = 0, equal = 1; i < n; i++, equal++) {
        if (i + 1 < n && ascending[i + 1] == ascending[i])
            continue;
        pairs += (int64_t)equal * (equal - 1) / 2;
        *variance -= variance_of_s(equal);
        equal = 0;
    }
    return pairs;
}

struct err kendall_test(const double *values, int n, struct kendall *out)
{
    *out = (struct kendall){.exact = true, .p = 1};
    if (n < 2)
        return OK;
    double *copy = malloc(2 * (size_t)n * sizeof *copy), variance = variance_of_s(n);
    if (!copy)
        return err_fail("out of memory for statistics");
    memcpy(copy, values, (size_t)n * sizeof *copy);
    int64_t falling = count_inversions(copy, copy + n, n), all = (int64_t)n * (n - 1) / 2;
    int64_t ties = count_ties(copy, n, &variance), rising = all - falling - ties;
    free(copy);
    out->s = rising - falling;
    out->exact = !ties && n <= MOST_FOR_EXACT_KENDALL;
    if (out->exact)
        out->p = fmin(1, 2 * inversions_cdf(n, rising < falling ? rising : falling));
    else if (variance > 0 && out->s)
        out->p = 2 * normal_cdf(-(fabs((double)out->s) - 1) / sqrt(variance));
    return OK;
}
