/* The reference and the null backend on every case; what the reference computes is in the files beside this one. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "tests/op/cases.h"

static float *run(const struct op_case *c, const char *backend, int threads, size_t *n)
{
    float *out;
    struct err e = case_run(c, backend, threads, &out, n);
    cr_assert(!e.code, "%s", err_text(e));
    return out;
}

/* A case whose result is constant or not finite would tell nothing. A softmax over one key is 1, a counter one number.
 */
Test(op_reference, every_case_says_something)
{
    for (size_t i = 0; i < case_count(); i++) {
        struct op_case c = case_at(i);
        size_t n, n3, different = 0;
        float *one = run(&c, "reference", 1, &n), *three = run(&c, "reference", 3, &n3);
        cr_expect(n == n3 && !memcmp(one, three, n * sizeof *one), "%s: 1 and 3 threads give different bits", c.name);
        for (size_t k = 0; k < n; k++) {
            cr_assert(isfinite(one[k]), "%s: [%zu] is %f", c.name, k, (double)one[k]);
            different += k && fabs((double)one[k] - (double)one[k - 1]) > 0;
        }
        bool flat = c.op == OP_advance || (c.op == OP_softmax && c.s == 1);
        cr_expect(flat || different * 8 > n - 1, "%s: only %zu of %zu neighbours differ", c.name, different, n);
        free(one);
        free(three);
    }
}

Test(op_reference, nan_does_not_crash)
{
    for (size_t i = 0; i < case_count(); i++) {
        struct op_case c = case_at(i);
        size_t n;
        c.scale = NAN;
        float *y = run(&c, "reference", 1, &n);
        bool passes_on = ops[c.op].kind != KIND_MOVE && c.op != OP_pixels && c.op != OP_advance;
        cr_expect(!passes_on || isnan(y[n - 1]), "%s: NaN becomes %f", c.name, (double)y[n - 1]);
        free(y);
    }
}

/* Storing a result in 16 bit rounds what would be stored in float32: to 1 unit in the last place of 16 bit, because
 * rounding twice may differ from rounding once. c->write is the 16-bit type. */
static void check_rounding(struct op_case c)
{
    bool half = c.write == DTYPE_f16;
    size_t n, n16;
    float *y = run(&c, "reference", 1, &n16);
    c.write = DTYPE_f32;
    float *wide = run(&c, "reference", 1, &n);
    cr_assert(n == n16);
    for (size_t k = 0; k < n; k++) {
        float rounded = half ? f32_from_f16(f16_from_f32(wide[k])) : f32_from_bf16(bf16_from_f32(wide[k]));
        double spacing = half ? fmax(0x1p-24, fabs((double)rounded) * 0x1p-10) : fabs((double)rounded) * 0x1p-7;
        cr_assert(fabs((double)y[k] - (double)rounded) <= spacing, "%s: [%zu] is %.9g, not %.9g", c.name, k,
                  (double)y[k], (double)rounded);
    }
    free(y);
    free(wide);
}

/* Every arithmetic operation with the combinations of dtypes that no pass makes today. (States and their next values
 * have one dtype; counters and pixels are integers.) */
Test(op_reference, other_dtypes)
{
    for (size_t i = 0; i < case_count(); i++) {
        struct op_case c = case_at(i);
        bool integer = c.op == OP_pixels || c.op == OP_advance;
        if (strcmp(strrchr(c.name, '/'), "/ff") || integer || c.op == OP_sampler_update || ops[c.op].kind == KIND_MOVE)
            continue;
        c.write = DTYPE_bf16;
        check_rounding(c);
        c.read = c.write = DTYPE_f16;
        c.stored = c.stored == DTYPE_f32 ? DTYPE_f16 : c.stored;
        check_rounding(c);
    }
}

Test(op_null, runs_every_case)
{
    for (size_t i = 0; i < case_count(); i++) {
        struct op_case c = case_at(i);
        size_t n;
        free(run(&c, "null", 1, &n));
        cr_expect(n > 0);
    }
}
