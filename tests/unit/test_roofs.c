/* profiler/roof: how rows are judged, by made-up roofs. */
#include "profiler/roof/roofs.h"

#include <criterion/criterion.h>
#include <math.h>

#define MIB (1024.0 * 1024)

/* Measured twice, the second time 1 % slower. */
static void add(struct roofs *r, bool is_product, enum dtype dtype, double bytes, double rate)
{
    const struct roof one = {.is_product = is_product,
                             .dtype = dtype,
                             .bytes = (size_t)bytes,
                             .time_ns = (int64_t)(bytes / rate * 1e9),
                             .rate = rate,
                             .again = 0.99 * rate};
    roofs_add(r, &one);
}

/* 100 GFLOP/s in float32 and 200 in bfloat16; caches of 1 and of 16 MiB. The smallest copy is slow to start, and one
 * copy was disturbed. */
static struct roofs made_up(void)
{
    struct roofs r = {0};
    add(&r, true, DTYPE_f32, 1 * MIB, 100e9);
    add(&r, true, DTYPE_bf16, 1 * MIB, 200e9);
    add(&r, false, DTYPE_f32, 64 * MIB, 10e9);
    add(&r, false, DTYPE_f32, 0.0625 * MIB, 20e9);
    add(&r, false, DTYPE_f32, 0.25 * MIB, 80e9);
    add(&r, false, DTYPE_f32, 4 * MIB, 25e9);
    add(&r, false, DTYPE_f32, 16 * MIB, 40e9);
    add(&r, false, DTYPE_f32, 256 * MIB, 9e9);
    return r;
}

static const struct {
    double mib, rate;
} copied[] = {{0, 80e9}, {0.01, 80e9}, {0.0625, 80e9}, {0.24, 80e9}, {0.25, 80e9}, {1, 80e9},  {3.9, 80e9}, {4, 40e9},
              {5, 40e9}, {16, 40e9},   {63, 40e9},     {64, 10e9},   {255, 10e9},  {256, 9e9}, {1000, 9e9}};

Test(roofs, copy_rates_are_an_envelope)
{
    const struct roofs r = made_up();
    for (size_t i = 0; i < ARRAY_LEN(copied); i++)
        cr_expect_eq(roofs_copy_rate(&r, copied[i].mib * MIB), copied[i].rate, "%g MiB: %g", copied[i].mib,
                     roofs_copy_rate(&r, copied[i].mib * MIB));
}

static const struct {
    const char *what;
    double flop;
    enum dtype dtype;
    double bytes, compute_ns, memory_ns, ns;
    enum roof_bound bound;
} rows[] = {
    // clang-format off
    {"a product",                     1e9, DTYPE_f32,  4 * MIB, 1e7, 4 * MIB / 40, 1e7,             ROOF_compute},
    {"the same in 16 bit",            1e9, DTYPE_bf16, 2 * MIB, 5e6, 2 * MIB / 80, 5e6,             ROOF_compute},
    {"a product of few rows",         1e6, DTYPE_f32, 64 * MIB, 1e4, 64 * MIB / 10, 64 * MIB / 10,  ROOF_memory},
    {"no product",                    0,   DTYPE_f32, 16 * MIB, 0,   16 * MIB / 40, 16 * MIB / 40,  ROOF_memory},
    {"no product, of no known dtype", 0,   DTYPE_i32, 16 * MIB, 0,   16 * MIB / 40, 16 * MIB / 40,  ROOF_memory},
    {"small", /* 64 KiB take 3277 ns */ 1e5, DTYPE_f32, 64,     1e3, 64 / 80.0,     1e3,            ROOF_latency},
    {"no longer small",               4e5, DTYPE_f32,  64,      4e3, 64 / 80.0,     4e3,            ROOF_compute},
    {"nothing",                       0,   DTYPE_f32,  0,       0,   0,             0,              ROOF_latency},
    {"a dtype that was not measured", 1e9, DTYPE_f16,  4 * MIB, 0,   0,             0,              ROOF_unknown},
    // clang-format on
};

Test(roofs, rows_are_bound_by_the_longer_time)
{
    const struct roofs r = made_up();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct roof_time t = roof_time(&r, rows[i].flop, rows[i].dtype, rows[i].bytes);
        cr_expect(fabs(t.compute_ns - rows[i].compute_ns) < 1e-3, "%s: compute %g ns", rows[i].what, t.compute_ns);
        cr_expect(fabs(t.memory_ns - rows[i].memory_ns) < 1e-3, "%s: memory %g ns", rows[i].what, t.memory_ns);
        cr_expect(fabs(t.ns - rows[i].ns) < 1e-3, "%s: %g ns", rows[i].what, t.ns);
        cr_expect_eq(t.bound, rows[i].bound, "%s: bound by %c", rows[i].what, t.bound);
    }
}

Test(roofs, nothing_measured_is_nothing_known)
{
    const struct roofs none = {0};
    struct roofs products = {0};
    add(&products, true, DTYPE_f32, 1, 1e9);
    cr_expect_eq(roof_time(&none, 0, DTYPE_f32, 1e6).bound, ROOF_unknown);
    cr_expect_eq(roof_time(&products, 1e6, DTYPE_f32, 1e6).bound, ROOF_unknown);
    cr_expect_eq(roofs_copy_rate(&products, 1e6), 0);
    cr_expect_null(roofs_product(&none, DTYPE_f32));
    const struct roof_time t = roof_time(&none, 1e9, DTYPE_f32, 1e6);
    cr_expect_not(roof_exceeded(&t, 1), "what is not known is not exceeded");
}

Test(roofs, a_row_above_its_roof_is_seen_past_the_error)
{
    const struct roofs r = made_up();
    const struct roof_time t = roof_time(&r, 1e9, DTYPE_f32, 1 * MIB); /* 10 ms */
    cr_expect_not(roof_exceeded(&t, 1e7));
    cr_expect_not(roof_exceeded(&t, 1e7 / 1.049), "4.9 %% faster is within the error");
    cr_expect(roof_exceeded(&t, 1e7 / 1.051), "5.1 %% faster is not");
}

/* What is not known well judges no row. */
Test(roofs, a_row_is_judged_as_well_as_its_roof_is_known)
{
    static const struct {
        double again, faster; /* than the roof */
        bool exceeded;
    } judged[] = {{1, 1.06, true},    {0.99, 1.06, true}, {0.9, 1.06, false},
                  {0.9, 1.09, false}, {0.9, 1.12, true},  {0.86, 1.13, false},
                  {0.86, 1.5, true},  {0.84, 1.5, false}, {0 /* once */, 9, false}};
    for (size_t i = 0; i < ARRAY_LEN(judged); i++) {
        struct roofs r = made_up();
        for (int k = 0; k < r.count; k++)
            r.roof[k].again = judged[i].again * r.roof[k].rate;
        const struct roof_time product = roof_time(&r, 1e9, DTYPE_f32, 1 * MIB),
                               copy = roof_time(&r, 0, DTYPE_f32, MIB);
        cr_expect(fabs(product.error - (1 - judged[i].again)) < 1e-9, "%g", product.error);
        cr_expect_eq(roof_exceeded(&product, product.ns / judged[i].faster), judged[i].exceeded, "product, row %zu", i);
        cr_expect_eq(roof_exceeded(&copy, copy.ns / judged[i].faster), judged[i].exceeded, "copy, row %zu", i);
    }
}

Test(roofs, the_better_one_of_a_kind_is_kept)
{
    struct roofs r = {0};
    add(&r, true, DTYPE_f32, 1 * MIB, 100e9);
    add(&r, true, DTYPE_f32, 8 * MIB, 110e9);
    add(&r, true, DTYPE_f32, 9 * MIB, 105e9);
    add(&r, false, DTYPE_f32, 1 * MIB, 50e9);
    add(&r, false, DTYPE_f32, 1 * MIB, 40e9);
    cr_expect_eq(r.count, 2);
    cr_expect_eq(roofs_product(&r, DTYPE_f32)->rate, 110e9);
    cr_expect_eq(roofs_product(&r, DTYPE_f32)->bytes, 8 << 20);
    cr_expect_eq(roofs_copy_rate(&r, 1 * MIB), 50e9);
}

static struct roofs pass_of(double product, double copy)
{
    struct roofs r = {0};
    add(&r, true, DTYPE_f32, product, product);
    add(&r, false, DTYPE_f32, 1 * MIB, copy);
    r.roof[0].again = r.roof[1].again = 0;
    return r;
}

Test(roofs, passes_are_merged_into_the_best_two)
{
    const double rate[] = {90e9, 100e9, 95e9, 50e9}, best[] = {90e9, 100e9, 100e9, 100e9},
                 again[] = {0, 90e9, 95e9, 95e9};
    struct roofs r = {0};
    for (size_t i = 0; i < ARRAY_LEN(rate); i++) {
        const struct roofs pass = pass_of(rate[i], rate[i] / 10);
        roofs_merge(&r, &pass);
        cr_expect_eq(r.count, 2);
        cr_expect_eq(r.roof[0].rate, best[i]);
        cr_expect_eq(r.roof[0].bytes, (size_t)best[i], "what was measured stays with its rate");
        cr_expect_eq(r.roof[0].again, again[i]);
        cr_expect_eq(r.roof[1].rate, best[i] / 10);
        cr_expect_eq(r.roof[1].again, again[i] / 10);
    }
    struct roofs before = pass_of(80e9, 8e9), other = {0};
    add(&other, false, DTYPE_f32, 2 * MIB, 7e9);
    roofs_merge(&before, &r);
    cr_expect_eq(before.roof[0].rate, 100e9);
    cr_expect_eq(before.roof[0].again, 95e9, "both are of the other");
    roofs_merge(&before, &other);
    cr_expect_eq(before.count, 3);
}

Test(roofs, no_more_are_kept_than_there_is_room_for)
{
    struct roofs r = {0};
    for (int i = 1; i <= MAX_ROOFS + 3; i++)
        add(&r, false, DTYPE_f32, i * MIB, 1e9);
    cr_expect_eq(r.count, MAX_ROOFS);
    struct roofs other = {0};
    add(&other, true, DTYPE_f32, 1, 1e9);
    roofs_merge(&r, &other);
    cr_expect_eq(r.count, MAX_ROOFS);
}
