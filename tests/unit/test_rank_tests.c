/* Tests by counting: sign flips, Kendall's S, Theil and Sen's line, many tests at once; against published values. */
#include "bench/statistics/benjamini_hochberg.h"
#include "bench/statistics/draw.h"
#include "bench/statistics/inversions.h"
#include "bench/statistics/sign_flip.h"
#include "bench/statistics/summary.h"
#include "bench/statistics/theil_sen.h"

#include <criterion/criterion.h>
#include <math.h>

/* Darwin's maize: Fisher, The Design of Experiments (1935), section 21: 863 of 32768 sums are 314 or more. */
Test(sign_flip, fishers_maize)
{
    static const double eighths[] = {49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48};
    struct sign_flip f = sign_flip_test(eighths, 15);
    cr_expect(f.known);
    cr_expect_eq(f.extreme, 1726, "%ju", (uintmax_t)f.extreme);
    cr_expect_eq(f.all, 32768);
    cr_expect_float_eq(f.p, 1726 / 32768.0, 1e-15);
}

Test(sign_flip, small_and_large)
{
    double values[25], zeros[24] = {0};
    for (int i = 0; i < 25; i++)
        values[i] = 1e-3 * (i + 1);
    cr_expect_float_eq(sign_flip_test(values, 8).p, 2 / 256.0, 1e-15); /* all on one side: the two ends */
    cr_expect_float_eq(sign_flip_test(values, 24).p, 0x1p-23, 1e-18);
    cr_expect_eq(sign_flip_test(zeros, 24).p, 1);
    cr_expect_not(sign_flip_test(values, 25).known);
    cr_expect_not(sign_flip_test(values, 0).known);
    cr_expect_not(sign_flip_test((double[]){1, NAN}, 2).known);
}

/* The same by going through all choices. */
Test(sign_flip, counts_as_enumeration_does)
{
    struct draw d = {1};
    for (int trial = 0; trial < 50; trial++) {
        double values[10], sum = 0;
        for (int i = 0; i < 10; i++)
            sum += values[i] = trial % 2 ? draw_normal(&d) : draw_below(&d, 7) - 2; /* whole numbers tie often */
        uint64_t extreme = 0;
        for (int bits = 0; bits < 1024; bits++) {
            double flipped = 0;
            for (int i = 0; i < 10; i++)
                flipped += bits >> i & 1 ? -values[i] : values[i];
            extreme += fabs(flipped) >= fabs(sum) - 1e-12;
        }
        cr_expect_eq(sign_flip_test(values, 10).extreme, extreme, "trial %d", trial);
    }
}

/* P(S >= s) of n values: Kendall, Rank Correlation Methods, appendix table 1. S = pairs - 2 inversions. */
Test(kendall, table)
{
    static const struct {
        int n, s;
        double p, within;
    } cases[] = {
        {4, 4, 0.167, 5e-4},   {4, 6, 0.042, 5e-4},   {5, 8, 0.042, 5e-4},    {5, 10, 0.0083, 5e-5},
        {8, 16, 0.031, 5e-4},  {8, 18, 0.016, 5e-4},  {10, 19, 0.054, 5e-4},  {10, 21, 0.036, 5e-4},
        {10, 23, 0.023, 5e-4}, {10, 25, 0.014, 5e-4}, {10, 27, 0.0083, 5e-5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int n = cases[i].n, pairs = n * (n - 1) / 2;
        double p = inversions_cdf(n, (pairs - cases[i].s) / 2);
        cr_expect_float_eq(p, cases[i].p, cases[i].within, "%d, %d: %.5f", n, cases[i].s, p);
    }
    cr_expect_float_eq(inversions_cdf(50, 1225), 1, 1e-12);
    cr_expect_float_eq(inversions_cdf(50, 500), inversions_cdf(51, 525),
                       0.01); /* the approximation goes on from there */
}

Test(kendall, rising_falling_equal)
{
    double rising[60], equal[60] = {0};
    struct kendall k;
    for (int i = 0; i < 60; i++)
        rising[i] = i;
    cr_assert_eq(kendall_test(rising, 5, &k).code, 0);
    cr_expect(k.s == 10 && k.exact);
    cr_expect_float_eq(k.p, 2 / 120.0, 1e-12); /* two of 5! orders */
    cr_assert_eq(kendall_test(rising, 60, &k).code, 0);
    cr_expect(k.s == 1770 && !k.exact && k.p < 1e-20);
    cr_assert_eq(kendall_test(equal, 60, &k).code, 0);
    cr_expect(k.s == 0 && !k.exact && k.p == 1);
    cr_assert_eq(kendall_test(equal, 1, &k).code, 0);
    cr_expect(k.s == 0 && k.p == 1);
    /* ties: Kendall, chapter 3: S's variance is n(n-1)(2n+5)/18 less that of each group of ties */
    const double ties[] = {1, 2, 2, 3, 3, 3, 4, 5};
    cr_assert_eq(kendall_test(ties, 8, &k).code, 0);
    cr_expect_eq(k.s, 24);
    double variance = (8 * 7 * 21 - 2 * 1 * 9 - 3 * 2 * 11) / 18.0;
    cr_expect_float_eq(k.p, erfc(23 / sqrt(variance) / sqrt(2)), 1e-12);
}

/* Sen, JASA 63 (1968): the example; slope 4, and the interval from 26/7 to 35/8, the fourth slope from each end. He
 * gives it 93 %; counted from Kendall's table (P(S >= 15) = 0.015) it is 97 %, and the shortest that has 95 %. */
Test(theil_sen, sens_example)
{
    static const double t[] = {1, 2, 3, 4, 10, 12, 18}, x[] = {9, 15, 19, 20, 45, 55, 78};
    struct theil_sen line;
    cr_assert_eq(theil_sen(t, x, 7, &line).code, 0);
    cr_expect_float_eq(line.slope, 4, 1e-12);
    cr_expect_float_eq(line.low, 26 / 7.0, 1e-12);
    cr_expect_float_eq(line.high, 35 / 8.0, 1e-12);
    cr_expect_float_eq(line.intercept, 6, 1e-12); /* x - 4 t: 5 7 7 4 5 7 6 */
    cr_expect_eq(line.kendall.s, 21);
}

/* The same by sorting all slopes. */
Test(theil_sen, is_the_median_of_all_slopes)
{
    struct draw d = {2};
    for (int n = 2; n <= 40; n++) {
        double x[40], y[40], slopes[40 * 39 / 2];
        int count = 0;
        for (int i = 0; i < n; i++) {
            x[i] = 3 * i + 2 * draw_uniform(&d);
            y[i] = 1e9 + (n % 3 ? 1e6 * draw_normal(&d) : draw_below(&d, 3));
        }
        for (int i = 0; i < n; i++)
            for (int j = 0; j < i; j++)
                slopes[count++] = (y[i] - y[j]) / (x[i] - x[j]);
        sort_ascending(slopes, count);
        double median = median_of(slopes, count), range = slopes[count - 1] - slopes[0];
        struct theil_sen line;
        cr_assert_eq(theil_sen(x, y, n, &line).code, 0);
        cr_expect_float_eq(line.slope, median, 1e-9 * range, "n %d: %.12g, %.12g", n, line.slope, median);
        cr_expect(line.low <= line.slope && line.slope <= line.high);
        cr_expect(isfinite(line.low) == (n >= 5), "n %d", n); /* 2 / 4! is above 5 %, 2 / 5! is not */
    }
}

/* The interval holds the true slope in 95 % of all cases, within three standard errors. */
Test(theil_sen, interval_covers)
{
    struct draw d = {3};
    int covered = 0, trials = 2000;
    for (int trial = 0; trial < trials; trial++) {
        double x[20], y[20];
        struct theil_sen line;
        for (int i = 0; i < 20; i++) {
            x[i] = i;
            y[i] = 2 * i + draw_normal(&d);
        }
        cr_assert_eq(theil_sen(x, y, 20, &line).code, 0);
        covered += line.low <= 2 && 2 <= line.high;
    }
    cr_expect(covered >= 0.935 * trials && covered <= 0.97 * trials, "%d", covered);
}

Test(theil_sen, few_points_and_bad_ones)
{
    struct theil_sen line;
    cr_assert_eq(theil_sen(NULL, NULL, 0, &line).code, 0);
    cr_expect(line.n == 0 && line.slope == 0);
    cr_assert_eq(theil_sen((double[]){1}, (double[]){7}, 1, &line).code, 0);
    cr_expect(line.slope == 0 && line.intercept == 7);
    cr_assert_eq(theil_sen((double[]){1, 3}, (double[]){7, 8}, 2, &line).code, 0);
    cr_expect(line.slope == 0.5 && line.intercept == 6.5);
    struct err e = theil_sen((double[]){1, 1}, (double[]){7, 8}, 2, &line);
    cr_expect_eq(e.code, ERR_FAILED);
    err_free(&e);
}

Test(inversions, counts_descending_pairs)
{
    double scratch[5], values[][5] = {{1, 2, 3, 4, 5}, {5, 4, 3, 2, 1}, {2, 2, 2, 2, 2}, {3, 1, 2, 2, 0}};
    const int64_t expected[] = {0, 10, 0, 7};
    for (int i = 0; i < 4; i++)
        cr_expect_eq(count_inversions(values[i], scratch, 5), expected[i], "case %d", i);
}

/* Benjamini & Hochberg, J. R. Statist. Soc. B 57 (1995), section 4.1: of 15 comparisons four are rejected at 5 %. */
Test(benjamini_hochberg, the_papers_example)
{
    static const double p[] = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                               0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.000};
    double q[15], shuffled[15], back[15];
    int rejected = 0;
    cr_assert_eq(benjamini_hochberg(p, 15, q).code, 0);
    for (int i = 0; i < 15; i++) {
        rejected += q[i] <= 0.05;
        shuffled[i] = p[i * 7 % 15];
    }
    cr_expect_eq(rejected, 4);
    cr_expect_float_eq(q[0], 0.0015, 1e-15);
    cr_expect_float_eq(q[3], 0.0095 * 15 / 4, 1e-15);
    cr_expect_float_eq(q[5], 0.0298 * 15 / 7, 1e-15); /* its own 0.0278 * 15 / 6 is larger than that of the next one */
    cr_expect_eq(q[14], 1);
    cr_assert_eq(benjamini_hochberg(shuffled, 15, back).code, 0);
    for (int i = 0; i < 15; i++)
        cr_expect_eq(back[i], q[i * 7 % 15]);
    cr_assert_eq(benjamini_hochberg((double[]){0.04, 0.04}, 2, q).code, 0);
    cr_expect(q[0] == 0.04 && q[1] == 0.04);
    cr_assert_eq(benjamini_hochberg(NULL, 0, NULL).code, 0);
}
