/* The words of a comparison: intervals against margins, two separate runs, and the floor of a machine. */
#include "bench/gate/verdict.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "bench/statistics/draw.h"

static struct t_interval interval(double low, double high)
{
    return (struct t_interval){.known = true, .estimate = (low + high) / 2, .low = low, .high = high};
}

Test(verdict, interval_and_margin)
{
    static const struct {
        double low, high;
        enum verdict verdict;
    } cases[] = {
        {0.011, 0.03, VERDICT_SLOWER},     {-0.03, -0.011, VERDICT_FASTER},
        {-0.005, 0.009, VERDICT_SAME},     {0.002, 0.009, VERDICT_SAME},
        {0.009, 0.03, VERDICT_AMBIGUOUS},  {-0.03, 0.005, VERDICT_AMBIGUOUS},
        {-0.02, 0.02, VERDICT_AMBIGUOUS},  {0.01, 0.02, VERDICT_AMBIGUOUS},
        {-0.01, 0.009, VERDICT_AMBIGUOUS}, {0, 0, VERDICT_SAME},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct t_interval d = interval(cases[i].low, cases[i].high);
        enum verdict v = verdict_of_interval(&d, 0.01);
        cr_expect_eq(v, cases[i].verdict, "[%g, %g]: %s", d.low, d.high, verdict_words[v].name);
    }
    struct t_interval unknown = mean_interval(NULL, 0, 0.95);
    cr_expect_eq(verdict_of_interval(&unknown, 0.01), VERDICT_INSUFFICIENT);
}

Test(verdict, the_larger_floor_counts)
{
    struct floors floors = {0.01, 2e6};
    cr_expect_float_eq(margin_of(&floors, 1e9), log(1.01), 1e-15);
    cr_expect_float_eq(margin_of(&floors, 50e6), log(1.04), 1e-15);
    cr_expect_float_eq(margin_of(&floors, 0), log(1.01), 1e-15);
    cr_expect_float_eq(change_of(log(1.04)), 0.04, 1e-15);
}

Test(verdict, words_and_exits)
{
    for (int v = 0; v < VERDICTS; v++)
        cr_expect(verdict_words[v].name && strlen(verdict_words[v].words) > 10, "%d", v);
    cr_expect_eq(worst_exit(verdict_words[VERDICT_SAME].exit, verdict_words[VERDICT_FASTER].exit), ERR_NONE);
    cr_expect_eq(worst_exit(verdict_words[VERDICT_SAME].exit, verdict_words[VERDICT_SLOWER].exit), ERR_MISMATCH);
    cr_expect_eq(worst_exit(verdict_words[VERDICT_SLOWER].exit, verdict_words[VERDICT_INVALID].exit), ERR_MISMATCH);
    cr_expect_eq(worst_exit(verdict_words[VERDICT_INVALID].exit, verdict_words[VERDICT_SLOWER].exit), ERR_MISMATCH);
    cr_expect_eq(worst_exit(verdict_words[VERDICT_AMBIGUOUS].exit, verdict_words[VERDICT_SAME].exit), ERR_INVALID);
    cr_expect_eq(worst_exit(verdict_words[VERDICT_SAME].exit, verdict_words[VERDICT_AMBIGUOUS].exit), ERR_INVALID);
}

static struct unpaired unpaired(const double *base, int base_n, const double *new, int new_n)
{
    struct unpaired u;
    cr_assert_eq(verdict_unpaired(base, base_n, new, new_n, (struct floors){0.01, 0}, &u).code, 0);
    return u;
}

Test(verdict, two_separate_runs)
{
    const double base[] = {1.000e9, 1.002e9, 0.998e9, 1.001e9, 0.999e9},
                 slower[] = {1.03e9, 1.031e9, 1.029e9, 1.0305e9};
    const double wild[] = {0.9e9, 1.1e9, 1.0e9, 1.05e9};
    struct unpaired u = unpaired(base, 5, slower, 4);
    cr_expect_eq(u.verdict, VERDICT_SLOWER);
    cr_expect_float_eq(u.change, 0.0301, 2e-4);
    cr_expect(u.low < u.change && u.change < u.high && u.low > 0.02);
    cr_expect_float_eq(u.base_ns, 1e9, 1);
    cr_expect(strstr(u.reason, "+3.01 %") && strstr(u.reason, "5 and 4 processes"), "%s", u.reason);
    cr_expect_eq(unpaired(slower, 4, base, 5).verdict, VERDICT_FASTER);
    cr_expect_eq(unpaired(base, 5, base, 5).verdict, VERDICT_SAME);
    cr_expect_eq(unpaired(base, 5, wild, 4).verdict, VERDICT_AMBIGUOUS);
    cr_expect_eq(unpaired(base, 5, wild, 3).verdict, VERDICT_INSUFFICIENT);
    cr_expect_eq(unpaired(NULL, 0, base, 5).verdict, VERDICT_NEW);
    cr_expect_eq(unpaired(base, 1, NULL, 0).verdict, VERDICT_GONE);
    cr_expect_eq(unpaired(NULL, 0, NULL, 0).verdict, VERDICT_INSUFFICIENT);
    cr_expect_eq(unpaired(base, 5, (const double[]){1, 2, NAN, 3}, 4).verdict, VERDICT_INVALID);
    cr_expect_eq(unpaired(base, 5, (const double[]){1, 2, 0, 3}, 4).verdict, VERDICT_INVALID);
}
