/* The lists of a trace: growth, texts and shapes that are there once, order. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "tests/profiler/made_trace.h"

TestSuite(trace);

Test(trace, an_empty_one_has_the_empty_text)
{
    struct trace *t = trace_new();
    cr_assert(t);
    cr_expect_eq(t->texts, 1);
    cr_expect_str_eq(t->text[0], "");
    cr_expect_eq(trace_text(t, ""), 0);
    cr_expect_eq(t->activities, 0);
    cr_expect_eq(trace_find_plan(t, t), -1);
    trace_sort(t);
    cr_expect_eq(trace_error(t).code, ERR_NONE);
    trace_free(t);
    trace_free(NULL);
}

Test(trace, kinds_have_their_rows)
{
    cr_expect_str_eq(activity_rows[ACTIVITY_set].title, "memory set");
    cr_expect(activity_rows[ACTIVITY_other].device);
    cr_expect(!activity_rows[ACTIVITY_call].device);
}

Test(trace, equal_texts_and_shapes_are_one)
{
    enum { MANY = 5000 };
    struct trace *t = trace_new();
    char name[32];
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < MANY; i++) {
            snprintf(name, sizeof name, "kernel %d", i);
            cr_assert_eq(trace_text(t, name), (uint32_t)i + 1);
            struct kernel_shape s = {.grid = {(uint32_t)i, 1, 2}, .local = (uint32_t)i % 3};
            cr_assert_eq(trace_shape(t, &s), i);
        }
    cr_expect_eq(t->texts, MANY + 1);
    cr_expect_eq(t->shapes, MANY);
    cr_expect_str_eq(t->text[1234], "kernel 1233");
    cr_expect_eq(t->shape[77].grid[0], 77);
    trace_free(t);
}

Test(trace, each_field_of_a_shape_counts)
{
    struct trace *t = trace_new();
    struct kernel_shape s;
    memset(&s, 0, sizeof s);
    int32_t plain = trace_shape(t, &s);
    for (size_t i = 0; i < sizeof s; i += sizeof(uint32_t)) {
        memset(&s, 0, sizeof s);
        ((unsigned char *)&s)[i] = 1;
        cr_expect_neq(trace_shape(t, &s), plain, "the number at byte %zu", i);
    }
    cr_expect_eq(t->shapes, 1 + (int32_t)(sizeof s / sizeof(uint32_t)));
    trace_free(t);
}

Test(trace, a_plan_is_the_one_bound_last)
{
    struct trace *t = trace_new();
    int a, b;
    cr_expect_eq(trace_add_plan(t, &(struct traced_plan){.plan = &a}), 0);
    cr_expect_eq(trace_add_plan(t, &(struct traced_plan){.plan = &b}), 1);
    cr_expect_eq(trace_add_plan(t, &(struct traced_plan){.plan = &a}), 2); /* another, at an address that was freed */
    cr_expect_eq(trace_find_plan(t, &a), 2);
    cr_expect_eq(trace_find_plan(t, &b), 1);
    trace_free(t);
}

static bool ordered(const struct activity *a, const struct activity *b)
{
    if (a->begin_ns != b->begin_ns)
        return a->begin_ns < b->begin_ns;
    return a->end_ns != b->end_ns ? a->end_ns < b->end_ns : a->stream <= b->stream;
}

Test(trace, sorts_a_million_by_begin_end_and_stream)
{
    enum { MANY = 1000000 };
    struct trace *t = trace_new();
    uint64_t state = 1, sum = 0, sorted_sum = 0;
    for (int i = 0; i < MANY; i++) {
        int64_t begin = made_number(&state, 300000); /* many ties */
        struct activity a = {.begin_ns = begin,
                             .end_ns = begin + made_number(&state, 3),
                             .stream = made_number(&state, 3),
                             .correlation = made_number(&state, 1u << 30)};
        sum += a.correlation * (uint64_t)(a.begin_ns + 1);
        cr_assert_eq(trace_add_activity(t, &a), i);
    }
    trace_sort(t);
    cr_assert_eq(t->activities, MANY);
    for (int64_t i = 0; i < MANY; i++) {
        cr_assert(!i || ordered(&t->activity[i - 1], &t->activity[i]), "at %jd", (intmax_t)i);
        sorted_sum += t->activity[i].correlation * (uint64_t)(t->activity[i].begin_ns + 1);
    }
    cr_expect_eq(sum, sorted_sum, "activities were mixed up");
    trace_free(t);
}

#ifndef __SANITIZE_ADDRESS__ /* which maps terabytes */
Test(trace, says_that_memory_ran_out)
{
    struct trace *t = trace_new();
    const struct rlimit limit = {256 << 20, 256 << 20}; /* of address space: the lists outgrow what is left soon */
    uint32_t *path = calloc(1, sizeof *path);
    cr_assert(t && path && !setrlimit(RLIMIT_AS, &limit));
    struct activity a = {.begin_ns = 1, .end_ns = 2};
    int64_t added = 0;
    while (trace_add_activity(t, &a) >= 0)
        cr_assert(++added < 100000000, "memory does not run out");
    cr_expect_eq(t->activities, added, "what was there is lost");
    cr_expect_eq(t->activity[added - 1].end_ns, 2);
    struct err e = trace_error(t);
    cr_expect_eq(e.code, ERR_FAILED);
    cr_expect(strstr(err_text(e), "out of memory for the trace"), "%s", err_text(e));
    err_free(&e);
    trace_add_launch(t, &(struct traced_launch){.path = path, .paths = 1});
    trace_free(t);
}
#endif
