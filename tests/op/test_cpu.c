/* Every case on the cpu backend against the reference: a test an operation. Repeats one case:
 *
 *     SDBENCH_CASE=conv/3x3/fb build/tests/run --filter 'op_cpu/conv' --verbose */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "pipeline/runtime/backend.h"
#include "tests/op/cases.h"
#include "tests/support/golden.h"

static const char backend[] = "cpu";

/* oneDNN's products give the same bits with any number of threads on AVX-512; its AVX2 code splits some sums by thread. */
static bool products_keep_bits;

/* Skips the test without the backend. Returns why this CPU takes no 16-bit products (to be freed), or no error. */
static struct err open_backend(void)
{
    const struct backend *b;
    const struct backend_options options = {.threads = 1};
    void *state = NULL;
    struct err half = OK, e = backend_find(backend, &b);
    if (!e.code)
        e = b->open(&options, &state);
    if (e.code == ERR_ABSENT)
        cr_skip_test("%s", err_text(e));
    cr_assert(!e.code, "%s", err_text(e));
    half = b->check_half(state);
    struct text description = {0};
    b->describe(state, &description);
    products_keep_bits = strstr(text_get(&description), "avx512") != NULL;
    text_free(&description);
    b->close(state);
    return half;
}

static float *run(const struct op_case *c, const char *name, int threads, size_t *n)
{
    float *out;
    struct err e = case_run(c, name, threads, &out, n);
    cr_expect(!e.code, "%s\n  repeat: SDBENCH_CASE=%s build/tests/run --filter 'op_%s/%s'", err_text(e), c->name,
              backend, ops[c->op].name);
    err_free(&e);
    return out;
}

/* The share of the bound that the error is: above 1 is a failure. */
static double used(const struct op_case *c, const float *y, const float *expected, size_t n)
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
                  "  repeat: SDBENCH_CASE=%s build/tests/run --filter 'op_%s/%s'",
                  c->name, error, bound, n, worst, (double)y[worst], (double)expected[worst], c->name, backend,
                  ops[c->op].name);
    }
    return share;
}

static double check(const struct op_case *c)
{
    size_t n = 0, n1 = 0, n2 = 0;
    double share = 0;
    float *expected = run(c, "reference", 1, &n);
    float *one = run(c, backend, 1, &n1), *two = run(c, backend, 2, &n2);
    if (expected && one && two) {
        cr_expect(n1 == n && n2 == n, "%s: %zu and %zu results, reference %zu", c->name, n1, n2, n);
        bool keeps = products_keep_bits || ops[c->op].kind != KIND_PRODUCT;
        cr_expect(!keeps || !memcmp(one, two, n * sizeof *one),
                  "%s: 1 and 2 threads give different bits\n"
                  "  repeat: SDBENCH_CASE=%s build/tests/run --filter 'op_%s/%s'",
                  c->name, c->name, backend, ops[c->op].name);
        share = used(c, one, expected, n);
    }
    free(expected);
    free(one);
    free(two);
    return share;
}

static void check_operation(enum op op)
{
    const char *only = getenv("SDBENCH_CASE");
    char closest[96] = "no case ran";
    double largest = 0;
    int cases = 0, skipped = 0;
    struct err half = open_backend();
    for (size_t i = 0; i < case_count(); i++) {
        struct op_case c = case_at(i);
        if (c.op != op || (only && strcmp(only, c.name)))
            continue;
        cases++;
        if (half.code && ops[op].kind == KIND_PRODUCT && c.read != DTYPE_f32) {
            skipped++;
            continue;
        }
        double share = check(&c);
        if (!(share <= largest)) {
            largest = share;
            snprintf(closest, sizeof closest, "%s", c.name);
        }
    }
    cr_expect(cases || only, "cases.def has no case of %s", ops[op].name);
    if (largest > 0)
        printf("%s %-14s %3d cases, at most %.2f of the bound (%s)\n", backend, ops[op].name, cases, largest, closest);
    if (skipped)
        printf("%s %-14s %3d of them skipped: %s\n", backend, ops[op].name, skipped, err_text(half));
    err_free(&half);
}

#define OP(name, kind, inputs, summary) TEST_##kind(name)
#define TEST_PRODUCT(name)          \
    Test(op_cpu, name)              \
    {                               \
        check_operation(OP_##name); \
    }
#define TEST_NORM(name)        TEST_PRODUCT(name)
#define TEST_ELEMENTWISE(name) TEST_PRODUCT(name)
#define TEST_MOVE(name)        TEST_PRODUCT(name)
#define TEST_VIEW(name)
#define TEST_LOAD(name)
#include "pipeline/graph/ops.def"
#undef OP
