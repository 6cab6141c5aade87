#include "tests/op/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "tests/support/golden.h"

float *compare_run(const struct compared *b, const struct op_case *c, const char *backend, int threads, size_t *n)
{
    float *out;
    struct err e = case_run(c, backend, threads, &out, n);
    cr_expect(!e.code, "%s\n  repeat: SDBENCH_CASE=%s build/tests/run --filter '%s/%s'", err_text(e), c->name, b->tests,
              ops[c->op].name);
    err_free(&e);
    return out;
}

/* The share of the bound that the error is: above 1 is a failure. */
static double used(const struct compared *b, const struct op_case *c, const float *y, const float *expected, size_t n)
{
    double error = relative_l2(y, expected, n), bound = case_bound(c, n);
    double share = error == 0 ? 0 : error / bound;
    if (!(share <= 1)) {
        size_t worst = 0;
        for (size_t i = 0; i < n; i++)
            if (!(fabs((double)y[i] - expected[i]) <= fabs((double)y[worst] - expected[worst])))
                worst = i;
        cr_expect(share <= 1,
                  "%s: error %.2e of %.2e allowed; worst of %zu at [%zu]: %.9g, reference %.9g\n"
                  "  repeat: SDBENCH_CASE=%s build/tests/run --filter '%s/%s'",
                  c->name, error, bound, n, worst, (double)y[worst], (double)expected[worst], c->name, b->tests,
                  ops[c->op].name);
    }
    return share;
}

static double check(const struct compared *b, const struct op_case *c)
{
    size_t n = 0, n1 = 0, n2 = 0;
    double share = 0;
    float *expected = compare_run(b, c, "reference", 1, &n);
    float *one = compare_run(b, c, b->name, 1, &n1), *two = b->again(c, &n2);
    if (expected && one && two) {
        cr_expect(n1 == n && n2 == n, "%s: %zu and %zu results, reference %zu", c->name, n1, n2, n);
        cr_expect(!b->same_bits(c->op) || !memcmp(one, two, n * sizeof *one),
                  "%s: two runs give different bits\n  repeat: SDBENCH_CASE=%s build/tests/run --filter '%s/%s'",
                  c->name, c->name, b->tests, ops[c->op].name);
        share = used(b, c, one, expected, n);
    }
    free(expected);
    free(one);
    free(two);
    return share;
}

void compare_operation(const struct compared *b, enum op op)
{
    const char *only = getenv("SDBENCH_CASE");
    char closest[96] = "no case ran";
    double largest = 0;
    int cases = 0, skipped = 0;
    struct err why = OK;
    for (size_t i = 0; i < case_count(); i++) {
        struct op_case c = case_of_half(i, b->half);
        if (c.op != op || (only && strcmp(only, c.name)))
            continue;
        c.stepwise = b->stepwise;
        cases++;
        struct err refused = b->refuses ? b->refuses(&c) : OK;
        if (refused.code) {
            skipped++;
            why = err_first(why, refused);
            continue;
        }
        double share = check(b, &c);
        if (!(share <= largest)) {
            largest = share;
            snprintf(closest, sizeof closest, "%s", c.name);
        }
    }
    cr_expect(cases || only, "cases.def has no case of %s", ops[op].name);
    if (largest > 0)
        printf("%s %-14s %3d cases, at most %.2f of the bound (%s)\n", b->name, ops[op].name, cases, largest, closest);
    if (skipped)
        printf("%s %-14s %3d of them skipped: %s\n", b->name, ops[op].name, skipped, err_text(why));
    err_free(&why);
}
