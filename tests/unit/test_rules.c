/* The rules of measuring, on made-up sequences: constant, noisy, drifting, bimodal, one slow first value. */
#include "bench/rules/series_checks.h"
#include "bench/rules/stop.h"
#include "bench/rules/warm_up.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "bench/statistics/draw.h"

enum { N = 40 };
#define SECOND 1e9

/* The i-th of N times, in seconds. */
static double constant(struct draw *d, int i)
{
    (void)d, (void)i;
    return 1;
}

static double noisy(struct draw *d, int i)
{
    (void)i;
    return 1 + 0.003 * draw_normal(d);
}

static double drifting(struct draw *d, int i)
{
    return 1 + 0.05 * i / (N - 1) + 0.002 * draw_normal(d);
}

static double falling(struct draw *d, int i)
{
    return 2 - drifting(d, i);
}

static double bimodal(struct draw *d, int i)
{
    return (i * 7 % 5 < 2 ? 1 : 1.08) + 0.002 * draw_normal(d);
}

static double slow_first(struct draw *d, int i)
{
    return i == 0 ? 3 : noisy(d, i);
}

/* A neighbour comes now and then: three in forty. */
static double disturbed(struct draw *d, int i)
{
    return i % 13 == 5 ? 1.5 : noisy(d, i);
}

static double very_noisy(struct draw *d, int i)
{
    (void)i;
    return 1 + 0.1 * draw_normal(d);
}

static double remembering(struct draw *d, int i)
{
    static double state;
    state = i ? 0.85 * state + 0.004 * draw_normal(d) : 0;
    return 1 + state;
}

typedef double sequence(struct draw *d, int i);

static void fill(sequence *of, uint64_t seed, double values[N])
{
    struct draw d = {seed};
    for (int i = 0; i < N; i++)
        values[i] = SECOND * of(&d, i);
}

/* How many of N times a rule takes, and how it ends. */
static const struct warm_up_case {
    const char *name, *rule;
    sequence *of;
    struct warm_up_caps caps;
    int n;
    const char *outcome;
} warm_ups[] = {
    {"no warm-up", "none", very_noisy, {10, 60}, 0, "none"},
    {"constant", "settle", constant, {10, 60}, 3, "settled"},
    {"slow first", "settle", slow_first, {10, 60}, 4, "settled"},
    {"drifting by 5 % over forty", "settle", drifting, {10, 60}, 3, "settled"}, /* slow drift is the series checks' */
    {"two modes", "settle", bimodal, {10, 60}, 10, "unsettled"},
    {"noise of 10 %", "settle", very_noisy, {10, 60}, 10, "unsettled"},
    {"cap of seconds", "settle", very_noisy, {10, 4.5}, 5, "unsettled"},
    {"settled at the cap", "settle", constant, {3, 60}, 3, "settled"},
    {"a cap of none", "settle", constant, {0, 60}, 0, "unsettled"},
};

Test(warm_up, ends_where_it_should)
{
    for (size_t i = 0; i < ARRAY_LEN(warm_ups); i++) {
        const struct warm_up_case *c = &warm_ups[i];
        double values[N];
        struct warm_up w;
        fill(c->of, 11, values);
        warm_up_begin(&w, warm_up_rule_find(c->rule), c->caps);
        while (!warm_up_done(&w) && w.n < N)
            warm_up_add(&w, values[w.n]);
        cr_expect_eq(w.n, c->n, "%s: %d", c->name, w.n);
        cr_expect_str_eq(warm_up_outcome(&w), c->outcome, "%s", c->name);
    }
    cr_expect_null(warm_up_rule_find("sleep"));
}

Test(warm_up, one_percent_is_the_limit)
{
    struct warm_up w;
    warm_up_begin(&w, warm_up_rule_find("settle"), (struct warm_up_caps){10, 60});
    warm_up_add(&w, 1.00 * SECOND);
    warm_up_add(&w, 1.02 * SECOND);
    warm_up_add(&w, 1.01 * SECOND);
    cr_expect_not(warm_up_done(&w));
    cr_expect_str_eq(warm_up_outcome(&w), "unsettled");
    warm_up_add(&w, 1.012 * SECOND); /* the first one has left the window */
    cr_expect(warm_up_done(&w));
}

static const struct stop_case {
    const char *name, *rule;
    sequence *of;
    struct stop_limits limits;
    int n;
    const char *reason;
} stops[] = {
    {"count", "count", very_noisy, {10, 0, 30, 60}, 10, "count"},
    {"count above the cap", "count", constant, {31, 0, 30, 60}, 30, "cap"},
    {"count and time", "count", constant, {10, 0, 30, 7.5}, 8, "time cap"},
    {"constant", "precision", constant, {0, 0.005, 30, 60}, 6, "precision"},
    {"noise of 10 %", "precision", very_noisy, {0, 0.005, 30, 60}, 30, "cap"},
    {"two modes", "precision", bimodal, {0, 0.005, 30, 20}, 20, "time cap"},
    {"one value", "count", constant, {1, 0, 1, 60}, 1, "count"},
};

Test(stop, says_which_rule_it_was)
{
    for (size_t i = 0; i < ARRAY_LEN(stops); i++) {
        const struct stop_case *c = &stops[i];
        double values[N];
        struct stop s;
        fill(c->of, 12, values);
        cr_assert_eq(stop_begin(&s, stop_rule_find(c->rule), c->limits).code, 0);
        cr_expect_not(stop_done(&s));
        while (!stop_done(&s) && s.n < N)
            stop_add(&s, values[s.n]);
        cr_expect_eq(s.n, c->n, "%s: %d", c->name, s.n);
        cr_expect_str_eq(stop_reason(&s), c->reason, "%s", c->name);
        stop_free(&s);
    }
    cr_expect_null(stop_rule_find("entropy"));
}

/* With noise of 0.3 % and an aim of 0.15 %: never below six values, seldom at the cap, and on average in between. A
 * slow first value delays it little: the interval is one of ranks. */
Test(stop, precision_comes_with_samples)
{
    sequence *const sequences[] = {noisy, slow_first};
    int seeds = 100;
    for (int i = 0; i < 2; i++) {
        int samples = 0, capped = 0;
        for (int seed = 0; seed < seeds; seed++) {
            double values[N];
            struct stop s;
            fill(sequences[i], (uint64_t)seed, values);
            cr_assert_eq(stop_begin(&s, stop_rule_find("precision"), (struct stop_limits){0, 0.0015, N, 1000}).code, 0);
            while (!stop_done(&s))
                stop_add(&s, values[s.n]);
            cr_expect_geq(s.n, 6);
            capped += strcmp(stop_reason(&s), "precision") != 0;
            samples += s.n;
            stop_free(&s);
        }
        cr_expect_leq(capped, seeds / 4, "%d at the cap", capped);
        cr_expect(samples > 8 * seeds && samples < 35 * seeds, "%.1f on average", samples / (double)seeds);
    }
}

Test(stop, a_cap_is_needed_and_kept)
{
    struct stop s;
    struct err e = stop_begin(&s, stop_rule_find("count"), (struct stop_limits){10, 0, 0, 60});
    cr_expect_eq(e.code, ERR_FAILED);
    err_free(&e);
    stop_free(&s);
    cr_assert_eq(stop_begin(&s, stop_rule_find("count"), (struct stop_limits){10, 0, 2, 60}).code, 0);
    for (int i = 0; i < 5; i++)
        stop_add(&s, SECOND * (5 - i));
    cr_expect(s.n == 2 && s.ascending[0] == 4 * SECOND && s.ascending[1] == 5 * SECOND);
    stop_free(&s);
}

/* What each sequence is told of; the words of all findings in the order of the table. */
static const struct check_case {
    const char *name;
    sequence *of;
    int n;
    const char *findings;
} series[] = {
    {"constant", constant, N, ""},
    {"noise of 0.3 %", noisy, N, ""},
    {"drift up", drifting, N, "drift autocorrelation "},
    {"drift down", falling, N, "drift autocorrelation "},
    {"two modes", bimodal, N, "modes "},
    {"slow first of forty", slow_first, N, "spread "},
    {"slow first of ten", slow_first, 10, "outliers spread "},
    {"a neighbour", disturbed, N, "outliers spread "},
    {"noise of 10 %", very_noisy, N, "spread "},
    {"memory", remembering, N, "autocorrelation "},
    {"five drifting", drifting, 5, ""},
    {"two wild", slow_first, 2, ""},
    {"nothing", constant, 0, ""},
};

Test(series_checks, find_what_is_there_and_nothing_else)
{
    for (size_t i = 0; i < ARRAY_LEN(series); i++) {
        double values[N];
        char found[128] = "";
        struct finding f[SERIES_CHECKS];
        fill(series[i].of, 14, values);
        cr_assert_eq(series_findings(values, series[i].n, f).code, 0);
        for (int k = 0; k < SERIES_CHECKS; k++) {
            if (!f[k].ok)
                strcat(strcat(found, f[k].check), " ");
            cr_expect_eq(f[k].ok, !*f[k].text, "%s, %s: %s", series[i].name, f[k].check, f[k].text);
            cr_expect_eq(f[k].known, series[i].n >= series_checks[k].fewest);
            cr_expect(f[k].known || f[k].ok);
            cr_expect(isfinite(f[k].value) && f[k].limit == series_checks[k].limit);
            cr_expect_lt(strlen(f[k].text), sizeof f[k].text - 1);
        }
        cr_expect_str_eq(found, series[i].findings, "%s: %s", series[i].name, found);
    }
}

Test(series_checks, a_line_for_a_person)
{
    double values[12];
    struct finding f[SERIES_CHECKS];
    for (int i = 0; i < 12; i++)
        values[i] = SECOND * (i == 0 ? 3 : 1 + 0.001 * (i % 3));
    cr_assert_eq(series_findings(values, 12, f).code, 0);
    cr_expect_str_eq(f[3].text,
                     "1 of 12 samples (8 %, limit 5 %) lie far from the others, the farthest +200 % from the median");
    for (int i = 0; i < 12; i++)
        values[i] = SECOND * (1 + 0.01 * i);
    cr_assert_eq(series_findings(values, 12, f).code, 0);
    cr_expect_str_eq(f[0].text,
                     "drift: times rose by 10.4 % from the first sample to the last (limit 2.0 %, p 4.2e-09)", "%s",
                     f[0].text);
    cr_expect_float_eq(f[0].value, 0.11 / 1.055, 1e-9);
}

/* Independent noise of 0.5 %: each check is wrong in at most a few of a hundred series. */
Test(series_checks, seldom_wrong)
{
    struct draw d = {15};
    int wrong[SERIES_CHECKS] = {0}, trials = 1000;
    for (int trial = 0; trial < trials; trial++) {
        double values[20];
        struct finding f[SERIES_CHECKS];
        for (int i = 0; i < 20; i++)
            values[i] = SECOND * (1 + 0.005 * draw_normal(&d));
        cr_assert_eq(series_findings(values, 20, f).code, 0);
        for (int k = 0; k < SERIES_CHECKS; k++)
            wrong[k] += !f[k].ok;
    }
    for (int k = 0; k < SERIES_CHECKS; k++)
        cr_expect_leq(wrong[k], 0.03 * trials, "%s: %d of %d", series_checks[k].name, wrong[k], trials);
}

Test(series_checks, labels_in_the_order_of_measuring)
{
    double values[12];
    enum outlier o[12];
    for (int i = 0; i < 12; i++)
        values[i] = SECOND * (i == 2 ? 3 : 1 + 0.001 * (i % 5));
    cr_assert_eq(series_outliers(values, 12, o).code, 0);
    for (int i = 0; i < 12; i++)
        cr_expect_eq(o[i], i == 2 ? OUTLIER_HIGH_SEVERE : OUTLIER_NONE, "%d", i);
}
