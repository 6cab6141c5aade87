/* Rows and steps of a trace. */
#include "profiler/rows/rows.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/profiler/made_trace.h"

TestSuite(rows);

static struct trace_rows rows_of(struct trace *t)
{
    struct trace_rows r;
    trace_sort(t);
    struct err e = trace_rows_make(t, &r);
    cr_assert(!e.code, "%s", err_text(e));
    return r;
}

/* Of a repetition: calls, time of each. */
static const struct {
    const char *name;
    int32_t launch;
    int calls, ns;
    bool in_graph, main;
} expected[] = {
    {"conv", MADE_CONV1, 2, 1000, true, true},
    {"conv", MADE_CONV2, 2, 400, true, true},
    {"norm", MADE_NORM, 2, 200, true, true},
    {"gemm", MADE_PROJECTION, 1, 300, false, true},
    {"embedding", MADE_EMBEDDING, 1, 200, false, true},
    {"split_sum", MADE_CONV2, 2, 60, true, false},
    {"gemm", MADE_KEYS, 1, 100, true, true},
    {"copy to device", -1, 1, 50, false, false},
    {"copy to host", -1, 1, 50, false, false},
    {"memory set", MADE_CONV1, 2, 10, true, false},
};

Test(rows, are_calls_of_one_kernel_for_one_launch)
{
    struct trace *t = made_trace();
    struct trace_rows r = rows_of(t);
    cr_assert_eq(r.rows, (int32_t)ARRAY_LEN(expected));
    for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
        const struct trace_row *row = &r.row[i];
        cr_expect_str_eq(t->text[row->name], expected[i].name, "row %zu: %s", i, t->text[row->name]);
        cr_expect_eq(row->launch, expected[i].launch, "row %zu", i);
        cr_expect_eq(row->calls, expected[i].calls * MADE_REPETITIONS, "row %zu: %d", i, row->calls);
        cr_expect_eq(row->total_ns, (int64_t)row->calls * expected[i].ns, "row %zu", i);
        for (int32_t c = 0; c < row->calls; c++)
            cr_expect_eq(row->time_ns[c], expected[i].ns, "row %zu", i);
        cr_expect_eq(row->in_graph, expected[i].in_graph, "row %zu", i);
        cr_expect_eq(row->main, expected[i].main, "row %zu", i);
        cr_expect_eq(row->bytes, row->kind == ACTIVITY_kernel ? 0 : 4096 * (uint64_t)row->calls, "row %zu", i);
        cr_expect_eq(row->shape >= 0, row->kind == ACTIVITY_kernel, "row %zu", i);
    }
    trace_rows_free(&r);
    trace_free(t);
}

static const struct trace_row *row_of(const struct trace *t, const struct trace_rows *r, const char *name)
{
    for (int32_t i = 0; i < r->rows; i++)
        if (!strcmp(t->text[r->row[i].name], name))
            return &r->row[i];
    cr_assert_fail("no row %s", name);
    abort();
}

Test(rows, gaps_are_since_the_device_was_busy)
{
    struct trace *t = made_trace();
    struct trace_rows r = rows_of(t);
    static const struct {
        const char *name;
        int64_t gap_ns;
    } gaps[] = {
        {"copy to device", 100}, /* since the repetition began */
        {"embedding", 10},       {"memory set", 30}, {"conv", 5}, {"split_sum", 0}, {"norm", 0}, /* it overlaps */
        {"copy to host", 40},
    };
    for (size_t i = 0; i < ARRAY_LEN(gaps); i++) {
        const struct trace_row *row = row_of(t, &r, gaps[i].name);
        for (int32_t c = 0; c < row->calls; c++)
            cr_expect_eq(row->gap_ns[c], gaps[i].gap_ns, "%s: %jd", gaps[i].name, (intmax_t)row->gap_ns[c]);
    }
    trace_rows_free(&r);
    trace_free(t);
}

Test(rows, calls_are_in_the_order_of_time)
{
    struct trace *t = made_trace();
    for (int32_t r = 0; r < MADE_REPETITIONS; r++)
        for (int i = 0; i < 2; i++)
            made_work(t, r, "norm", i)->end_ns += 2 * r + i; /* 20 ns before the next begins */
    struct trace_rows r = rows_of(t);
    const struct trace_row *row = row_of(t, &r, "norm");
    for (int32_t c = 0; c < row->calls; c++)
        cr_expect_eq(row->time_ns[c], 200 + c, "%jd", (intmax_t)row->time_ns[c]);
    trace_rows_free(&r);
    trace_free(t);
}

/* Another shape is another row; the launch's cost is that of the longest kernel, not of a longer memory set. */
Test(rows, shapes_and_kinds_are_apart)
{
    struct trace *t = made_trace();
    made_work(t, 1, "embedding", 0)->shape = trace_shape(t, &(struct kernel_shape){.grid = {9}});
    for (int i = 0; i < 2; i++) {
        struct activity *a = made_work(t, 0, "memory set", 1 - i);
        a->launch = MADE_KEYS;
        a->begin_ns -= 5000;
    }
    struct trace_rows r = rows_of(t);
    int32_t embeddings = 0, main = 0;
    for (int32_t i = 0; i < r.rows; i++) {
        const struct trace_row *row = &r.row[i];
        if (row->launch == MADE_EMBEDDING) {
            cr_expect_eq(row->calls, embeddings++ ? 1 : MADE_REPETITIONS - 1);
            main += row->main;
        }
        if (row->launch == MADE_KEYS)
            cr_expect_eq(row->main, row->kind == ACTIVITY_kernel);
    }
    cr_expect_eq(embeddings, 2);
    cr_expect_eq(main, 1);
    trace_rows_free(&r);
    trace_free(t);
}

/* A launch that is nothing but copies still has a row for its cost. */
Test(rows, a_launch_of_copies_has_a_main_row)
{
    struct trace *t = made_trace();
    for (int32_t r = 0; r < MADE_REPETITIONS; r++)
        made_work(t, r, "embedding", 0)->kind = ACTIVITY_copy;
    struct trace_rows r = rows_of(t);
    cr_expect(row_of(t, &r, "embedding")->main);
    trace_rows_free(&r);
    trace_free(t);
}

Test(rows, steps_have_their_work_in_each_repetition)
{
    struct trace *t = made_trace();
    made_work(t, 1, "norm", 1)->end_ns += 7;
    struct trace_rows r = rows_of(t);
    cr_assert_eq(r.steps, 4);
    static const struct {
        int32_t plan, step;
        enum stage stage;
        int64_t busy_ns, span_ns;
    } steps[] = {
        {0, 0, STAGE_STEP, 500, 520},
        {1, 0, STAGE_RUN, 100, 100},
        {1, 0, STAGE_STEP, MADE_STEP_BUSY, MADE_STEP_SPAN},
        {1, 1, STAGE_STEP, MADE_STEP_BUSY, MADE_STEP_SPAN},
    };
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < MADE_REPETITIONS; k++) {
            const struct trace_step *s = &r.step[i];
            const int64_t more = i == 3 && k == 1 ? 7 : 0;
            cr_expect(s->plan == steps[i].plan && s->stage == steps[i].stage && s->step == steps[i].step, "step %d", i);
            cr_expect_eq(s->busy_ns[k], steps[i].busy_ns + more, "step %d: %jd", i, (intmax_t)s->busy_ns[k]);
            cr_expect_eq(s->span_ns[k], steps[i].span_ns + more, "step %d: %jd", i, (intmax_t)s->span_ns[k]);
        }
    trace_rows_free(&r);
    trace_free(t);
}

/* Image by image a step runs several times in a repetition. */
Test(rows, steps_of_several_images_are_added)
{
    struct trace *t = made_trace();
    for (int32_t i = 0; i < t->runs; i++)
        t->run[i].step = 0;
    struct trace_rows r = rows_of(t);
    cr_assert_eq(r.steps, 3);
    cr_expect_eq(r.step[2].busy_ns[1], 2 * MADE_STEP_BUSY);
    cr_expect_eq(r.step[2].span_ns[1], 2 * MADE_STEP_SPAN);
    trace_rows_free(&r);
    trace_free(t);
}

Test(rows, of_an_empty_trace)
{
    struct trace *t = trace_new();
    trace_add_plan(t, &(struct traced_plan){0});
    trace_add_repetition(t, &(struct repetition){1, 2});
    trace_add_run(t, &(struct traced_run){0}); /* of a stage without launches */
    struct trace_rows r = rows_of(t);
    cr_expect_eq(r.rows, 0);
    cr_expect_eq(r.steps, 0);
    trace_rows_free(&r);
    trace_rows_free(&r);
    trace_free(t);
}

/* Calls are counted apart inside and outside of repetitions; device work is none of them. */
Test(rows, of_the_host)
{
    struct trace *t = trace_new();
    struct trace_host_row *row;
    int32_t n;
    const uint32_t launch = trace_text(t, "cudaLaunchKernel"), wait = trace_text(t, "wait for a stream");
    trace_add_repetition(t, &(struct repetition){1000, 2000});
    trace_add_repetition(t, &(struct repetition){3000, 4000});
    const struct activity all[] = {
        {10, 500, .name = launch, .kind = ACTIVITY_call},    {1000, 1010, .name = launch, .kind = ACTIVITY_call},
        {1020, 1050, .name = launch, .kind = ACTIVITY_call}, {1100, 1900, .name = launch, .kind = ACTIVITY_kernel},
        {1999, 2500, .name = wait, .kind = ACTIVITY_wait},   {2000, 2001, .name = launch, .kind = ACTIVITY_call},
        {3000, 3000, .name = launch, .kind = ACTIVITY_call}};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        trace_add_activity(t, &all[i]);
    cr_assert_eq(trace_host_rows_make(t, &row, &n).code, 0);
    cr_assert_eq(n, 2);
    cr_expect(row[0].name == launch && row[0].kind == ACTIVITY_call, "the longest first");
    cr_expect(row[0].calls == 3 && row[0].total_ns == 40);
    cr_expect(row[0].outside_calls == 2 && row[0].outside_total_ns == 491);
    cr_expect(row[1].calls == 1 && row[1].total_ns == 501 && row[1].outside_calls == 0);
    free(row);
    trace_free(t);
}
