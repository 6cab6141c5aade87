/* What figures take in of made-up samples: which count, medians of processes, times with the write and without. */
#include "bench/measure/result.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Samples in the order of measuring, in made-up units; a W1 of process 2 comes in when its state is W1. */
struct row {
    enum state_id state;
    int process, round;
    int64_t time, write;
    enum validity validity;
    bool warm_up;
};

static struct sample sample_of(const struct row *row)
{
    struct sample s = {.state = &state_rows[row->state],
                       .process = row->process,
                       .round = row->round,
                       .begin = {.time_ns = 5000},
                       .end = {.time_ns = 5000 + row->time},
                       .write_ns = row->write,
                       .unaccounted_ns = row->time / 10,
                       .settled = true,
                       .warm_up = row->warm_up,
                       .peak_resident_bytes = (uint64_t)row->time};
    s.phase[PHASE_read] = (struct phase_time){.begin_ns = 5000, .time_ns = row->time - row->time / 10, .entries = 1};
    sample_judge(&s, row->validity, "reason of %d", (int)row->time);
    return s;
}

static struct variant_result keep(const struct row *row, size_t n)
{
    struct variant_result v = {.variant = &variants[0]};
    for (size_t i = 0; i < n; i++) {
        struct sample s = sample_of(&row[i]);
        cr_assert(!variant_result_keep(&v, &s).code);
    }
    return v;
}

static void drop(struct variant_result *v)
{
    struct bench_result r = {.variants = 1};
    r.variant[0] = *v;
    bench_result_free(&r);
}

static void expect_values(const struct variant_result *v, enum state_id state, enum which_time which,
                          const double *expected, int n)
{
    int count;
    double *value = variant_values(v, state, which, &count, NULL);
    cr_assert_eq(count, n, "%s: %d values", state_rows[state].name, count);
    for (int i = 0; i < n; i++)
        cr_expect_eq(value[i], expected[i], "%s %d: %g", state_rows[state].name, i, value[i]);
    free(value);
}
#define EXPECT_VALUES(v, state, which, ...) \
    expect_values(v, state, which, (const double[]){__VA_ARGS__}, (int)(sizeof(double[]){__VA_ARGS__} / sizeof(double)))

static const struct row run[] = {
    {STATE_C2, 0, -1, 90000, 9, SAMPLE_VALID, false}, /* the burn-in */
    {STATE_W1, 0, -1, 91000, 9, SAMPLE_VALID, false},     {STATE_C2, 1, 0, 3000, 300, SAMPLE_VALID, false},
    {STATE_W1, 1, 0, 80000, 9, SAMPLE_VALID, true}, /* warm-up */
    {STATE_W1, 1, 0, 130, 10, SAMPLE_VALID, false},       {STATE_W1, 1, 0, 110, 20, SAMPLE_DISTURBED, false},
    {STATE_W1, 1, 0, 120, 40, SAMPLE_VALID, false},       {STATE_C4, 1, 0, 2000, 200, SAMPLE_VALID, false},
    {STATE_C2, 2, 0, 1000, 100, SAMPLE_DISTURBED, false}, {STATE_W1, 2, 0, 200, 10, SAMPLE_VALID, false},
    {STATE_W1, 2, 0, 210, 10, SAMPLE_VALID, false},       {STATE_W1, 2, 0, 70000, 10, SAMPLE_INVALID, false},
    {STATE_C2, 3, 1, 60000, 100, SAMPLE_INVALID, false},  {STATE_W1, 3, 1, 100, 10, SAMPLE_VALID, false},
    {STATE_W1, 3, 1, 60001, 10, SAMPLE_INVALID, false},   {STATE_C2, 4, 1, 2000, 500, SAMPLE_VALID, false},
};

Test(result, what_counts)
{
    struct variant_result v = keep(run, ARRAY_LEN(run));
    int disturbed;
    EXPECT_VALUES(&v, STATE_C2, AS_MEASURED, 3000, 1000, 2000);
    cr_expect_eq(variant_count(&v, STATE_C2, &disturbed), 3);
    cr_expect_eq(disturbed, 1, "disturbed ones count and are told");
    cr_expect_eq(variant_count(&v, STATE_W1, &disturbed), 6);
    cr_expect_eq(disturbed, 1);
    cr_expect_eq(variant_count(&v, STATE_C0, &disturbed), 0);
    cr_expect_eq(disturbed, 0);
    cr_expect_eq(v.burn_in_ns, 91000);
    cr_expect_eq(v.peak_bytes, 91000, "memory was held, whatever the sample is worth");
    cr_expect_eq(v.starts, 4, "details of the starts that count");
    drop(&v);
}

Test(result, invalid_ones_leave_their_first_reason)
{
    struct variant_result v = keep(run, ARRAY_LEN(run));
    cr_expect_eq(v.invalid, 3);
    cr_expect_str_eq(v.invalid_reason[STATE_C2], "reason of 60000");
    cr_expect_str_eq(v.invalid_reason[STATE_W1], "reason of 70000");
    cr_expect_null(v.invalid_reason[STATE_C4]);
    cr_expect_str_eq(v.disturbed_reason[STATE_C2], "reason of 1000");
    cr_expect_str_eq(v.disturbed_reason[STATE_W1], "reason of 110");
    cr_expect_null(v.disturbed_reason[STATE_C4]);
    drop(&v);
}

/* Each process is one value of W1, with its round. */
Test(result, medians_of_processes)
{
    struct variant_result v = keep(run, ARRAY_LEN(run));
    int n, *round;
    EXPECT_VALUES(&v, STATE_W1, AS_MEASURED, 120, 205, 100);
    double *value = variant_values(&v, STATE_W1, AS_MEASURED, &n, &round);
    cr_assert(value && n == 3);
    cr_expect(round[0] == 0 && round[1] == 0 && round[2] == 1, "%d %d %d", round[0], round[1], round[2]);
    free(value);
    free(round);
    drop(&v);
}

/* A cold start ends with the picture on disk, a warm one without any file: both are told both ways. */
Test(result, with_and_without_the_write)
{
    struct variant_result v = keep(run, ARRAY_LEN(run));
    EXPECT_VALUES(&v, STATE_C2, WITH_WRITE, 3000, 1000, 2000);
    EXPECT_VALUES(&v, STATE_C2, WITHOUT_WRITE, 2700, 900, 1500);
    EXPECT_VALUES(&v, STATE_C4, WITH_WRITE, 2000);
    EXPECT_VALUES(&v, STATE_C4, WITHOUT_WRITE, 1800);
    EXPECT_VALUES(&v, STATE_W1, WITHOUT_WRITE, 120, 205, 100);
    EXPECT_VALUES(&v, STATE_W1, WITH_WRITE, 140, 215, 110);
    struct summary s;
    cr_assert(!variant_summary(&v, STATE_C2, WITHOUT_WRITE, &s).code);
    cr_expect(s.n == 3 && s.median == 1500 && s.low == 900 && s.high == 2700 && !s.is_interval);
    cr_assert(!variant_summary(&v, STATE_C0, AS_MEASURED, &s).code);
    cr_expect_eq(s.n, 0);
    drop(&v);
}

/* The waterfall's start is a real one: that whose time is the median, or next below. */
Test(result, the_start_in_the_middle)
{
    struct variant_result v = keep(run, ARRAY_LEN(run));
    const struct start_details *d = variant_median_start(&v, STATE_C2);
    cr_assert(d);
    cr_expect(d->time_ns == 2000 && d->unaccounted_ns == 200 && d->phase[PHASE_read].time_ns == 1800);
    cr_expect_eq(variant_median_start(&v, STATE_C4)->time_ns, 2000);
    cr_expect_null(variant_median_start(&v, STATE_C0));
    cr_expect_null(variant_median_start(&v, STATE_W1), "a warm sample is no start");
    struct sample even = sample_of(&(struct row){STATE_C2, 5, 2, 2500, 1, SAMPLE_VALID, false});
    cr_assert(!variant_result_keep(&v, &even).code);
    cr_expect_eq(variant_median_start(&v, STATE_C2)->time_ns, 2000, "of four the second");
    drop(&v);
}

Test(result, median_of_one_process)
{
    struct variant_result v = keep(run, 9);
    cr_expect(isnan(variant_process_median_ns(&v, 2, 1)), "it has no warm sample yet");
    drop(&v);
    v = keep(run, 11);
    cr_expect_eq(variant_process_median_ns(&v, 2, 2), 205);
    cr_expect(isnan(variant_process_median_ns(&v, 2, 3)), "one is missing");
    cr_expect(isnan(variant_process_median_ns(&v, 1, 3)), "only the last process is asked for");
    drop(&v);
    v = keep(run, 12);
    cr_expect(isnan(variant_process_median_ns(&v, 2, 2)), "one was invalid");
    drop(&v);
}

Test(result, keeps_many)
{
    struct variant_result v = {.variant = &variants[0]};
    for (int i = 0; i < 10000; i++) {
        struct sample s = sample_of(&(struct row){STATE_W1, i / 10, i / 20, 100 + i % 10, 1, SAMPLE_VALID, false});
        cr_assert(!variant_result_keep(&v, &s).code);
    }
    struct summary s;
    cr_assert(!variant_summary(&v, STATE_W1, AS_MEASURED, &s).code);
    cr_expect(s.n == 1000 && s.smallest == 104.5 && s.largest == 104.5, "%d %g", s.n, s.smallest);
    cr_expect_leq(sizeof(struct kept_sample), 48, "very many are kept");
    drop(&v);
}

Test(result, an_unsettled_process_is_counted)
{
    struct variant_result v = {.variant = &variants[0]};
    struct sample s = sample_of(&(struct row){STATE_W1, 0, 0, 100, 1, SAMPLE_DISTURBED, false});
    s.settled = false;
    cr_assert(!variant_result_keep(&v, &s).code);
    cr_expect_eq(v.unsettled, 1);
    drop(&v);
}

Test(result, the_row_to_compare_with)
{
    struct bench_result r = {.variants = 2};
    r.variant[0].variant = &variants[1];
    r.variant[1].variant = &variants[0];
    cr_expect_null(bench_result_standard(&r), "it has no sample");
    struct sample s = sample_of(&run[2]);
    cr_assert(!variant_result_keep(&r.variant[0], &s).code);
    cr_expect_null(bench_result_standard(&r));
    cr_assert(!variant_result_keep(&r.variant[1], &s).code);
    cr_expect_eq(bench_result_standard(&r), &r.variant[1]);
    bench_result_free(&r);
}
