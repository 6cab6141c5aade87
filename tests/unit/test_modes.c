/* Two groups or one: how often the flag is wrong, by simulation. */
#include "bench/statistics/modes.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "bench/statistics/draw.h"
#include "bench/statistics/summary.h"

enum { TRIALS = 2000, MOST = 100 };

static double one_normal(struct draw *d, int i, int n)
{
    (void)i, (void)n;
    return draw_normal(d);
}

static double one_lognormal(struct draw *d, int i, int n)
{
    (void)i, (void)n;
    return exp(0.5 * draw_normal(d));
}

static double one_uniform(struct draw *d, int i, int n)
{
    (void)i, (void)n;
    return draw_uniform(d);
}

static double two_halves(struct draw *d, int i, int n)
{
    return draw_normal(d) + (i < n / 2 ? 0 : 12);
}

static double two_unequal(struct draw *d, int i, int n)
{
    return draw_normal(d) + (10 * i < 3 * n ? 0 : 12);
}

/* Halves, and one value far above both. */
static double two_and_an_outlier(struct draw *d, int i, int n)
{
    return i == n - 1 ? 100 : two_halves(d, i, n);
}

static const struct world {
    const char *name;
    double (*value)(struct draw *d, int i, int n); /* the i-th of n */
    int fewest;
    double least, most; /* share that may be flagged */
} worlds[] = {
    {"normal", one_normal, 10, 0, 0.01},          {"lognormal", one_lognormal, 10, 0, 0.01},
    {"uniform", one_uniform, 10, 0, 0.01},        {"two halves", two_halves, 10, 0.95, 1},
    {"three to seven", two_unequal, 10, 0.95, 1}, {"with an outlier", two_and_an_outlier, 50, 0.95, 1},
};

static double share_flagged(const struct world *w, int n, struct draw *d)
{
    int flagged = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
        double values[MOST];
        for (int i = 0; i < n; i++)
            values[i] = w->value(d, i, n);
        sort_ascending(values, n);
        flagged += modes_of(values, n).bimodal;
    }
    return flagged / (double)TRIALS;
}

/* A share of 1 % measured by TRIALS trials is off by up to three of its standard errors. */
Test(modes, one_is_seldom_two_and_two_are_seen)
{
    static const int sizes[] = {10, 11, 12, 15, 20, 30, 50, 100};
    double error = 3 * sqrt(0.01 * 0.99 / TRIALS);
    struct draw d = {6};
    for (size_t w = 0; w < sizeof worlds / sizeof *worlds; w++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            if (sizes[i] < worlds[w].fewest)
                continue;
            double share = share_flagged(&worlds[w], sizes[i], &d);
            cr_expect(share >= worlds[w].least && share <= worlds[w].most + error, "%s, n %d: %.2f %% flagged",
                      worlds[w].name, sizes[i], 100 * share);
        }
}

Test(modes, what_the_groups_are)
{
    const double values[] = {1, 1.1, 1.2, 1.3, 5, 5.1, 5.2, 5.3, 5.4, 5.5, 5.6, 5.7};
    struct modes m = modes_of(values, 12);
    cr_expect(m.bimodal && m.lower_n == 4);
    cr_expect_float_eq(m.lower, 1.15, 1e-12);
    cr_expect_float_eq(m.upper, 5.35, 1e-12);
    cr_expect_not(modes_of(values, 9).bimodal);
    cr_expect_not(modes_of(values, 0).bimodal);
}

Test(modes, equal_values)
{
    double values[20];
    for (int i = 0; i < 20; i++)
        values[i] = 7;
    cr_expect_not(modes_of(values, 20).bimodal);
    values[19] = values[18] = 9; /* fewer than a fifth */
    cr_expect_not(modes_of(values, 20).bimodal);
    for (int i = 12; i < 20; i++)
        values[i] = 9;
    cr_expect(modes_of(values, 20).bimodal);
    cr_expect_eq(modes_of(values, 20).separation, INFINITY);
}
