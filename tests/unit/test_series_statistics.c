/* Autocorrelation, outliers and random draws, against published values. */
#include "bench/statistics/autocorrelation.h"
#include "bench/statistics/draw.h"
#include "bench/statistics/outliers.h"

#include <criterion/criterion.h>
#include <math.h>

/* Yields of a batch process: Box & Jenkins, Time Series Analysis (1970), series F; r1 as NIST's e-Handbook prints it
 * (6.4.4.9). */
static const double yields[70] = {47, 64, 23, 71, 38, 64, 55, 41, 59, 48, 71, 35, 57, 40, 58, 44, 80, 55,
                                  37, 74, 51, 57, 50, 60, 45, 57, 50, 45, 25, 59, 50, 71, 56, 74, 50, 58,
                                  45, 54, 36, 54, 48, 55, 45, 57, 50, 62, 44, 64, 43, 52, 38, 59, 55, 41,
                                  53, 49, 34, 35, 54, 45, 68, 38, 50, 60, 39, 59, 40, 57, 54, 23};

Test(autocorrelation, series_f)
{
    double r1 = autocorrelation_lag1(yields, 70);
    cr_expect_float_eq(r1, -0.389878319, 5e-10, "%.10f", r1);
    cr_expect_float_eq(autocorrelation_lag1(yields, 10), -149.7 / 189.6,
                       1e-3); /* c1 / c0 of the first ten, ibid. p. 32 */
}

Test(autocorrelation, constant_drifting_noisy)
{
    double values[1000];
    struct draw d = {4};
    for (int i = 0; i < 1000; i++)
        values[i] = 1.1e9;
    cr_expect_eq(autocorrelation_lag1(values, 1000), 0);
    cr_expect_eq(autocorrelation_lag1(values, 1), 0);
    cr_expect_eq(autocorrelation_lag1(values, 0), 0);
    for (int i = 0; i < 1000; i++)
        values[i] = i;
    cr_expect_gt(autocorrelation_lag1(values, 1000), 0.99);
    for (int i = 0; i < 1000; i++)
        values[i] = (i ? 0.8 * values[i - 1] : 0) + draw_normal(&d);
    cr_expect_float_eq(autocorrelation_lag1(values, 1000), 0.8, 3 * sqrt((1 - 0.64) / 1000));
}

Test(autocorrelation, effective_n)
{
    cr_expect_float_eq(effective_n(90, 0.5), 30, 1e-12);
    cr_expect_eq(effective_n(90, 0), 90);
    cr_expect_eq(effective_n(90, -0.5), 90);
    cr_expect_eq(effective_n(90, 1), 1);
    cr_expect_eq(effective_n(0, 0.5), 0);
}

/* NIST's e-Handbook, 7.1.6: quartiles 429.75 and 742.25; 1441 is a mild outlier, and the only one. */
static const double nist[90] = {30,  171, 184, 201, 212, 250, 265, 270, 272, 289, 305, 306,  322,  322,  336,
                                346, 351, 370, 390, 404, 409, 411, 436, 437, 439, 441, 444,  448,  451,  453,
                                470, 480, 482, 487, 494, 495, 499, 503, 514, 521, 522, 527,  548,  550,  559,
                                560, 570, 572, 574, 578, 585, 592, 592, 607, 616, 618, 621,  629,  637,  638,
                                640, 656, 668, 707, 709, 719, 737, 739, 752, 758, 766, 792,  792,  794,  802,
                                818, 830, 832, 843, 858, 860, 869, 918, 925, 953, 991, 1000, 1005, 1068, 1441};

Test(outliers, nists_example)
{
    struct fences f = fences_of(nist, 90);
    cr_expect_float_eq(f.outer_low, -507.75, 1e-9);
    cr_expect_float_eq(f.inner_low, -39, 1e-9);
    cr_expect_float_eq(f.inner_high, 1211, 1e-9);
    cr_expect_float_eq(f.outer_high, 1679.75, 1e-9);
    for (int i = 0; i < 90; i++)
        cr_expect_eq(outlier_of(&f, nist[i]), nist[i] == 1441 ? OUTLIER_HIGH_MILD : OUTLIER_NONE, "%g", nist[i]);
    cr_expect_eq(outlier_of(&f, 1680), OUTLIER_HIGH_SEVERE);
    cr_expect_eq(outlier_of(&f, -39), OUTLIER_NONE);
    cr_expect_eq(outlier_of(&f, -40), OUTLIER_LOW_MILD);
    cr_expect_eq(outlier_of(&f, -508), OUTLIER_LOW_SEVERE);
    cr_expect_str_eq(outlier_name(OUTLIER_LOW_SEVERE), "low severe");
    cr_expect_str_eq(outlier_name(OUTLIER_HIGH_MILD), "high mild");
    cr_expect_str_eq(outlier_name(OUTLIER_NONE), "");
}

Test(outliers, none_among_few)
{
    struct fences f = fences_of(nist, 5);
    cr_expect_eq(outlier_of(&f, 1e300), OUTLIER_NONE);
}

/* The first numbers of seed 1234567: those that the generator's authors' code prints. */
Test(draw, splitmix64)
{
    struct draw d = {1234567};
    const uint64_t expected[] = {6457827717110365317u, 3203168211198807973u, 9817491932198370423u};
    for (int i = 0; i < 3; i++)
        cr_expect_eq(draw_bits(&d), expected[i], "number %d", i);
}

Test(draw, moments)
{
    struct draw d = {5};
    double sum = 0, squares = 0, uniform = 0;
    int n = 100000, counts[6] = {0};
    for (int i = 0; i < n; i++) {
        double x = draw_normal(&d), u = draw_uniform(&d);
        sum += x;
        squares += x * x;
        uniform += u;
        cr_assert(u >= 0 && u < 1);
        counts[draw_below(&d, 6)]++;
    }
    cr_expect_float_eq(sum / n, 0, 4 / sqrt(n));
    cr_expect_float_eq(squares / n, 1, 4 * sqrt(2.0 / n));
    cr_expect_float_eq(uniform / n, 0.5, 4 * sqrt(1.0 / 12 / n));
    for (int i = 0; i < 6; i++)
        cr_expect_float_eq(counts[i], n / 6.0, 4 * sqrt(n * 5 / 36.0), "%d: %d", i, counts[i]);
}
