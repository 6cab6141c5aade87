/* Student's t and what is made of it, against published values. */
#include "bench/statistics/student_t.h"
#include "bench/statistics/t_interval.h"

#include <criterion/criterion.h>
#include <math.h>

/* Two-sided 5 %: Fisher & Yates, Statistical Tables, table III. Two-sided 2.5 %: O. J. Dunn, JASA 56 (1961), table 1,
 * two comparisons at 5 %, two decimals. */
Test(student_t, quantiles_are_those_of_tables)
{
    static const struct {
        double p, df, t, within;
    } cases[] = {
        {0.975, 1, 12.706, 5e-4},   {0.975, 2, 4.303, 5e-4},  {0.975, 3, 3.182, 5e-4},   {0.975, 7, 2.365, 5e-4},
        {0.975, 9, 2.262, 5e-4},    {0.975, 15, 2.131, 5e-4}, {0.975, 31, 2.0395, 5e-5}, {0.975, 120, 1.980, 5e-4},
        {0.995, 7, 3.499, 5e-4},    {0.95, 15, 1.753, 5e-4},  {0.9995, 5, 6.869, 5e-4},  {0.9875, 5, 3.16, 5e-3},
        {0.9875, 7, 2.84, 5e-3},    {0.9875, 10, 2.63, 5e-3}, {0.9875, 15, 2.49, 5e-3},  {0.9875, 30, 2.36, 5e-3},
        {0.975, 1000, 1.962, 5e-4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double t = student_t_quantile(cases[i].p, cases[i].df);
        cr_expect_float_eq(t, cases[i].t, cases[i].within, "%g, %g: %.6f", cases[i].p, cases[i].df, t);
        cr_expect_float_eq(student_t_quantile(1 - cases[i].p, cases[i].df), -t, 1e-9 * t);
        cr_expect_float_eq(student_t_cdf(t, cases[i].df), cases[i].p, 1e-12);
    }
}

/* One and two degrees of freedom have closed forms (Abramowitz & Stegun 26.7.3, .4). */
Test(student_t, closed_forms)
{
    for (double t = -50; t <= 50; t += 0.37) {
        cr_expect_float_eq(student_t_cdf(t, 1), 0.5 + atan(t) / acos(-1.0), 1e-14, "%g", t);
        cr_expect_float_eq(student_t_cdf(t, 2), 0.5 + t / 2 / sqrt(2 + t * t), 1e-14, "%g", t);
    }
    cr_expect_float_eq(incomplete_beta(2, 3, 0.3), 0.3483, 1e-14); /* P(Binomial(4, 0.3) >= 2) */
    cr_expect(isnan(student_t_cdf(1, 0)) && isnan(student_t_quantile(2, 3)) && isnan(student_t_quantile(0.9, -1)));
    cr_expect(student_t_quantile(1, 3) == INFINITY && student_t_quantile(0, 3) == -INFINITY);
    cr_expect_eq(student_t_quantile(0.5, 3), 0);
}

/* A fraction of a degree: the density, summed by Simpson's rule. */
Test(student_t, fractions_of_a_degree)
{
    static const double degrees[] = {0.7, 2.5, 17.776, 43.21};
    enum { STEPS = 2000 };
    for (size_t i = 0; i < sizeof degrees / sizeof *degrees; i++) {
        double df = degrees[i], t = 1.9, sum = 0;
        double front = exp(lgamma((df + 1) / 2) - lgamma(df / 2)) / sqrt(df * acos(-1.0));
        for (int k = 0; k <= STEPS; k++) {
            double x = t * k / STEPS, weight = k == 0 || k == STEPS ? 1 : k % 2 ? 4 : 2;
            sum += weight * front * pow(1 + x * x / df, -(df + 1) / 2);
        }
        cr_expect_float_eq(student_t_cdf(t, df), 0.5 + sum * t / STEPS / 3, 1e-11, "%g", df);
    }
}

/* Student's sleep data (Biometrika 6, 1908), hours gained by two drugs; the intervals are those of R's t.test on its
 * copy (datasets::sleep). */
static const double first[] = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
static const double second[] = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};

Test(t_interval, students_sleep_data)
{
    double difference[10];
    for (int i = 0; i < 10; i++)
        difference[i] = second[i] - first[i];
    struct t_interval paired = mean_interval(difference, 10, 0.95);
    cr_expect(paired.known && paired.df == 9);
    cr_expect_float_eq(paired.estimate, 1.58, 1e-12);
    cr_expect_float_eq(paired.low, 0.7001142, 5e-8, "%.8f", paired.low);
    cr_expect_float_eq(paired.high, 2.4598858, 5e-8, "%.8f", paired.high);
    cr_expect(interval_excludes_zero(&paired));

    struct t_interval welch = difference_interval(first, 10, second, 10, 0.95);
    cr_expect_float_eq(welch.df, 17.776, 5e-4, "%.4f", welch.df);
    cr_expect_float_eq(welch.estimate / welch.standard_error, 1.8608, 5e-5);
    cr_expect_float_eq(welch.low, -0.2054832, 5e-8, "%.8f", welch.low);
    cr_expect_float_eq(welch.high, 3.3654832, 5e-8, "%.8f", welch.high);
    cr_expect_not(interval_excludes_zero(&welch));
}

Test(t_interval, too_few_values_and_no_spread)
{
    const double same[] = {3, 3, 3}, one[] = {5};
    struct t_interval i = mean_interval(one, 1, 0.95);
    cr_expect(!i.known && i.estimate == 5 && i.low == -INFINITY && i.high == INFINITY && !interval_excludes_zero(&i));
    cr_expect_not(mean_interval(one, 0, 0.95).known);
    i = mean_interval(same, 3, 0.95);
    cr_expect(i.known && i.low == 3 && i.high == 3);
    cr_expect_not(difference_interval(same, 3, one, 1, 0.95).known);
    i = difference_interval(same, 3, same, 3, 0.95);
    cr_expect(i.known && i.low == 0 && i.high == 0 && i.df == 4);
}
