/* The middle of some times, the interval around it, their spread, and how they are printed. */
#include "bench/measure/time_text.h"
#include "bench/statistics/summary.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

Test(summary, range_below_six_interval_from_six)
{
    static const struct {
        int n, low, high; /* of the values 1..n */
        double median;
        bool is_interval;
    } cases[] = {
        /* 10: 2..9 and 20: 6..15 as in tables of the sign test (Conover, Practical Nonparametric Statistics, A3) */
        {1, 1, 1, 1, false},    {2, 1, 2, 1.5, false},   {3, 1, 3, 2, false},   {10, 2, 9, 5.5, true},
        {5, 1, 5, 3, false},    {6, 1, 6, 3.5, true},    {8, 1, 8, 4.5, true},  {9, 2, 8, 5, true},
        {12, 3, 10, 6.5, true}, {20, 6, 15, 10.5, true}, {25, 8, 18, 13, true}, {1000, 469, 532, 500.5, true},
    };
    double values[1000];
    for (int i = 0; i < 1000; i++)
        values[i] = i + 1;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct summary s = summary_of(values, cases[i].n);
        cr_expect_eq(s.median, cases[i].median, "n %d: median %g", cases[i].n, s.median);
        cr_expect_eq(s.low, cases[i].low, "n %d: low %g", cases[i].n, s.low);
        cr_expect_eq(s.high, cases[i].high, "n %d: high %g", cases[i].n, s.high);
        cr_expect_eq(s.is_interval, cases[i].is_interval, "n %d", cases[i].n);
    }
    cr_expect_eq(summary_of(values, 0).n, 0);
}

/* Of 1..10^6 the ranks are n/2 + 1/2 -+ 1.96 sqrt(n) / 2, to a rank or two. */
Test(summary, interval_of_many)
{
    enum { MANY = 1000000 };
    double *values = malloc(MANY * sizeof *values);
    cr_assert_not_null(values);
    for (int i = 0; i < MANY; i++)
        values[i] = i + 1;
    struct summary s = summary_of(values, MANY);
    cr_expect_float_eq(s.low, MANY / 2 + 0.5 - 1.959964 * 500, 1.5, "%.1f", s.low);
    cr_expect_float_eq(s.high, MANY / 2 + 0.5 + 1.959964 * 500, 1.5, "%.1f", s.high);
    cr_expect_float_eq(s.mean, s.median, 1e-3);
    free(values);
}

/* 1 1 2 2 4 6 9: the example of Wikipedia's "Median absolute deviation" (deviations 1 1 0 0 2 4 7); the others by
 * hand. */
Test(summary, median_absolute_deviation)
{
    static const struct {
        int n;
        double value[8], mad;
    } cases[] = {
        {7, {1, 1, 2, 2, 4, 6, 9}, 1},
        {0, {0}, 0},
        {1, {5}, 0},
        {2, {1, 4}, 1.5},
        {3, {1, 2, 100}, 1},
        {4, {1, 2, 4, 8}, 1.5}, /* 2 1 1 5 about 3 */
        {4, {5, 5, 5, 5}, 0},
        {5, {0, 7, 7, 7, 9}, 0},
        {8, {1, 2, 3, 4, 5, 6, 7, 8}, 2},
        {6, {-9, -8, 0, 0, 0, 1}, 0.5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double mad = median_absolute_deviation(cases[i].value, cases[i].n);
        cr_expect_float_eq(mad, cases[i].mad, 1e-15, "case %zu: %g", i, mad);
    }
    cr_expect_float_eq(summary_of(cases[0].value, 7).mad_sd, 1.4826, 1e-15);
}

/* The mean, sd and quartiles of Student's sleep data (Biometrika 6, 1908): 1.58 and 1.23, as he gives them (1.17 with
 * n).
 */
Test(summary, spread)
{
    double value[10] = {1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4};
    sort_ascending(value, 10);
    struct summary s = summary_of(value, 10);
    cr_expect_float_eq(s.mean, 1.58, 1e-12);
    cr_expect_float_eq(s.sd * sqrt(0.9), 1.17, 0.005);
    cr_expect_float_eq(s.coefficient_of_variation, s.sd / s.mean, 1e-15);
    cr_expect_eq(s.smallest, 0.0);
    cr_expect_eq(s.largest, 4.6);
    cr_expect_float_eq(s.quartile[0], 0.95, 1e-12); /* rank 2.75 of 0.0 0.8 1.0: 0.8 + 0.75 * 0.2 */
    cr_expect_float_eq(s.quartile[1], 1.95, 1e-12); /* rank 8.25 of ... 1.8 2.4: 1.8 + 0.25 * 0.6 */
    struct summary one = summary_of(value, 1);
    cr_expect(one.sd == 0 && one.mad == 0 && one.coefficient_of_variation == 0);
    cr_expect_eq(quantile_of(value, 10, 0), 0.0);
    cr_expect_eq(quantile_of(value, 10, 1), 4.6);
}

Test(summary, times_have_four_digits)
{
    static const struct {
        double ns;
        const char *text;
    } cases[] = {{1234567, "1.235 ms"}, {99.9e6, "99.90 ms"},  {99.996e6, "0.100 s"}, {1.2345e9, "1.234 s"},
                 {9.9996e9, "10.00 s"}, {12.345e9, "12.35 s"}, {123.45e9, "123.5 s"}, {1234.5e9, "1234.5 s"}};
    char text[TIME_TEXT];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_str_eq(time_text(cases[i].ns, text), cases[i].text);
    cr_expect_str_eq(time_range_text(1.5e9, 0.05e9, 12e9, text), "1.500 s [0.050, 12.00]");
}
