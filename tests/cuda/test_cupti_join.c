/* Records of buffers that are made by hand as activities of a trace: of which launch, of which run, and what counts as
 * wrong. */
#include "profiler/cupti/join.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/base/clock.h"
#include "tests/cuda/cupti_canned.h"

static struct canned c[2];
static struct labels labels;
static struct trace *t;

static void open_join(void)
{
    labels_open(&labels);
    t = canned_trace(10, 5);
}

static void close_join(void)
{
    labels_close(&labels);
    trace_free(t);
    canned_free(&c[0]);
    canned_free(&c[1]);
}

TestSuite(cupti_join, .init = open_join, .fini = close_join);

static void join_one(void)
{
    canned_join(c, 1, &labels, t);
}

static void expect_clean(void)
{
    cr_expect_eq(t->bad_records, 0);
    cr_expect_eq(t->bad_times, 0);
    cr_expect_eq(t->label_conflicts, 0);
}

static void expect_of(int64_t i, enum activity_kind kind, int32_t launch, int32_t run)
{
    cr_assert_lt(i, t->activities, "%ld activities", (long)t->activities);
    const struct activity *a = &t->activity[i];
    cr_expect_eq(a->kind, kind, "activity %ld: kind %d", (long)i, a->kind);
    cr_expect_eq(a->launch, launch, "activity %ld: launch %d", (long)i, a->launch);
    cr_expect_eq(a->run, run, "activity %ld: run %d", (long)i, a->run);
}

static const char *name_of(int64_t i)
{
    return t->text[t->activity[i].name];
}

/* A call has an id of each sort; the driver's record of the same call shares the runtime's. */
Test(cupti_join, launched_one_by_one)
{
    canned_launch(&c[0], 1, 3);
    canned_run(&c[0], 1, 2);
    canned_call(&c[0], CUPTI_ACTIVITY_KIND_RUNTIME, 1, 100, 110);
    canned_kernel(&c[0], "_Z4gemmILi4ELb1EEvPfi", 1, 0, 120, 150);
    canned_launch(&c[0], 2, 4);
    canned_run(&c[0], 2, 2);
    canned_call(&c[0], CUPTI_ACTIVITY_KIND_DRIVER, 2, 111, 115);
    canned_set(&c[0], 2, 0, 150, 160);
    canned_copy(&c[0], 77, 1, 0, 160, 170);     /* by the runtime's call, not by the driver's */
    canned_kernel(&c[0], NULL, 9, 0, 180, 190); /* of nobody */
    canned_wait(&c[0], 2, 190, 200);
    join_one();
    expect_clean();
    cr_assert_eq(t->activities, 7);
    expect_of(0, ACTIVITY_call, 3, 2);
    expect_of(1, ACTIVITY_kernel, 3, 2);
    expect_of(2, ACTIVITY_call, 4, 2);
    expect_of(3, ACTIVITY_set, 4, 2);
    expect_of(4, ACTIVITY_copy, 3, 2);
    expect_of(5, ACTIVITY_kernel, -1, -1);
    expect_of(6, ACTIVITY_wait, 4, 2);
    cr_expect_str_eq(name_of(0), "runtime call 211");
    cr_expect_str_eq(name_of(1), "gemm<4, true>");
    cr_expect_str_eq(name_of(2), "driver call 211");
    cr_expect_str_eq(name_of(3), "memset");
    cr_expect_str_eq(name_of(4), "memcpy HtoD");
    cr_expect_str_eq(name_of(5), "unnamed kernel");
    cr_expect_str_eq(name_of(6), "wait for a stream");
    const struct activity *k = &t->activity[1];
    cr_expect(k->begin_ns == 120 && k->end_ns == 150 && k->correlation == 1 && k->stream == 7 && !k->in_graph);
    cr_expect_eq(t->activity[4].bytes, 4096);
    cr_assert(k->shape >= 0 && k->shape < t->shapes);
    cr_expect_eq(t->shape[k->shape].shared_dynamic, 49152);
    cr_expect_eq(t->activity[5].shape, k->shape, "an equal one");
    cr_expect_eq(t->activity[4].shape, -1);
}

/* Recorded once, made ready twice; all nodes of a replay have the correlation id of the call that launched the graph.
 */
static void record_a_graph(void)
{
    for (int32_t launch = 4; launch < 6; launch++) {
        labels_launch_begin(launch);
        labels_node_created(&labels, (uint64_t)launch + 100);
        labels_launch_end(&labels, 1);
    }
    for (uint64_t copies = 200; copies <= 300; copies += 100) {
        labels_instantiate_begin();
        labels_node_cloned(&labels, 104, copies + 4);
        labels_node_cloned(&labels, 105, copies + 5);
        labels_node_created(&labels, copies + 6);
        labels_instantiate_end();
    }
}

static void replay(uint32_t correlation, int32_t run, uint64_t copies, uint64_t at)
{
    canned_run(&c[0], correlation, run);
    canned_call(&c[0], CUPTI_ACTIVITY_KIND_RUNTIME, correlation, at, at + 5);
    canned_kernel(&c[0], "k", correlation, copies + 4, at + 10, at + 20);
    canned_set(&c[0], correlation, copies + 5, at + 20, at + 30);
    canned_kernel(&c[0], "k", correlation, copies + 6, at + 30, at + 40); /* the driver's own */
}

Test(cupti_join, replayed)
{
    record_a_graph();
    replay(1, 0, 200, 100);
    replay(2, 1, 200, 200);
    replay(3, 2, 300, 300);
    join_one();
    expect_clean();
    cr_assert_eq(t->activities, 12);
    for (int32_t run = 0; run < 3; run++) {
        expect_of(4 * run, ACTIVITY_call, -1, run);
        expect_of(4 * run + 1, ACTIVITY_kernel, 4, run);
        expect_of(4 * run + 2, ACTIVITY_set, 5, run);
        expect_of(4 * run + 3, ACTIVITY_kernel, -1, run);
        cr_expect(t->activity[4 * run + 1].in_graph && t->activity[4 * run + 2].in_graph);
    }
}

/* While it is recorded a launch's ids are in force too: they say nothing about what is replayed later. */
Test(cupti_join, ids_of_a_call_that_replays)
{
    record_a_graph();
    canned_launch(&c[0], 1, 9);
    replay(1, 0, 200, 100);
    join_one();
    expect_clean();
    expect_of(1, ACTIVITY_kernel, 4, 0);
    expect_of(3, ACTIVITY_kernel, -1, 0);
}

#if CUPTI_HAS_SOURCE_NODES
/* From CUPTI 13.4 on records name the node that theirs was made from: clones need not have been told. */
Test(cupti_join, source_nodes)
{
    record_a_graph();
    canned_kernel(&c[0], "k", 1, 904, 100, 110);
    const size_t at = offsetof(cupti_kernel, sourceGraphNodeId);
    memcpy(c[0].bytes + at, &(uint64_t){105}, sizeof(uint64_t));
    join_one();
    expect_clean();
    expect_of(0, ACTIVITY_kernel, 5, -1);
    memcpy(c[0].bytes + at, &(uint64_t){104}, sizeof(uint64_t)); /* that of launch 4, and the clone is launch 5's */
    memcpy(c[0].bytes + offsetof(cupti_kernel, graphNodeId), &(uint64_t){205}, sizeof(uint64_t));
    join_one();
    cr_expect_eq(t->label_conflicts, 1);
    expect_of(1, ACTIVITY_kernel, 4, -1);
}
#endif

/* Device work before its ids, and in another buffer; records in no order of time. */
Test(cupti_join, out_of_order)
{
    canned_kernel(&c[0], "b", 2, 0, 300, 310);
    canned_kernel(&c[0], "a", 1, 0, 100, 110);
    canned_run(&c[1], 1, 1);
    canned_launch(&c[1], 2, 7);
    canned_launch(&c[1], 1, 6);
    canned_run(&c[1], 2, 1);
    canned_join(c, 2, &labels, t);
    expect_clean();
    expect_of(0, ACTIVITY_kernel, 7, 1);
    expect_of(1, ACTIVITY_kernel, 6, 1);
    trace_sort(t);
    expect_of(0, ACTIVITY_kernel, 6, 1);
}

Test(cupti_join, ids_twice)
{
    for (int twice = 0; twice < 2; twice++) {
        canned_launch(&c[0], 1, 3);
        canned_run(&c[0], 1, 2);
    }
    canned_kernel(&c[0], "k", 1, 0, 100, 110);
    canned_kernel(&c[0], "k", 1, 0, 110, 120);
    join_one();
    expect_clean();
    expect_of(0, ACTIVITY_kernel, 3, 2);
    expect_of(1, ACTIVITY_kernel, 3, 2);
}

Test(cupti_join, ids_that_contradict)
{
    canned_launch(&c[0], 1, 3);
    canned_launch(&c[0], 1, 4);
    canned_run(&c[0], 1, 2);
    canned_run(&c[0], 1, 1);
    canned_kernel(&c[0], "k", 1, 0, 100, 110);
    join_one();
    cr_expect_eq(t->label_conflicts, 2);
    expect_of(0, ACTIVITY_kernel, 3, 2);
}

Test(cupti_join, ids_of_nothing)
{
    canned_launch(&c[0], 1, 10);
    canned_run(&c[0], 1, -1);
    canned_launch(&c[0], 2, INT32_MAX);
    canned_launch(&c[0], 0, 3);
    cupti_link foreign = {.kind = CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION,
                          .externalKind = CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM2,
                          .externalId = 3,
                          .correlationId = 3};
    canned_add(&c[0], &foreign, sizeof foreign);
    for (uint32_t i = 0; i < 4; i++)
        canned_kernel(&c[0], "k", i, 0, 100 + i, 200 + i);
    join_one();
    expect_clean();
    for (int64_t i = 0; i < 4; i++)
        expect_of(i, ACTIVITY_kernel, -1, -1);
}

Test(cupti_join, times_of_device_work)
{
    static const struct {
        uint64_t begin, end;
        bool good;
    } times[] = {
        {0, 0, false},          {0, 10, false},        {10, 0, false},       {20, 10, false},
        {10, 10, false},        {1, 2, true},          {1, INT64_MAX, true}, {1, (uint64_t)INT64_MAX + 1, false},
        {1, UINT64_MAX, false}, {UINT64_MAX, 1, false}};
    uint64_t bad = 0;
    int64_t good = 0;
    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        canned_kernel(&c[0], "k", 1, 0, times[i].begin, times[i].end);
        canned_copy(&c[0], 1, 1, 0, times[i].begin, times[i].end);
        canned_set(&c[0], 1, 0, times[i].begin, times[i].end);
        canned_peer_copy(&c[0], 1, times[i].begin, times[i].end);
        bad += times[i].good ? 0 : 4;
        good += times[i].good ? 4 : 0;
    }
    join_one();
    cr_expect_eq(t->bad_times, bad, "%lu", (unsigned long)t->bad_times);
    cr_expect_eq(t->activities, good);
}

/* A call that was not over when its buffer was read has no end. */
Test(cupti_join, times_of_the_host)
{
    canned_call(&c[0], CUPTI_ACTIVITY_KIND_RUNTIME, 1, 100, 0);
    canned_call(&c[0], CUPTI_ACTIVITY_KIND_RUNTIME, 1, 0, 0);
    canned_call(&c[0], CUPTI_ACTIVITY_KIND_RUNTIME, 1, 100, 100);
    canned_overhead(&c[0], NULL, 100, 100);
    canned_compile(&c[0], 200, 300);
    join_one();
    expect_clean();
    cr_assert_eq(t->activities, 3);
    expect_of(0, ACTIVITY_call, -1, -1);
    expect_of(1, ACTIVITY_overhead, -1, -1);
    expect_of(2, ACTIVITY_compile, -1, -1);
    cr_expect_str_eq(name_of(1), "driver: lazy loading of a function");
    cr_expect_str_eq(name_of(2), "PTX: compile");
}

Test(cupti_join, cut_off)
{
    canned_kernel(&c[0], "k", 1, 0, 100, 110);
    canned_kernel(&c[0], "k", 1, 0, 110, 120);
    c[0].size -= 1;
    join_one();
    cr_expect_eq(t->bad_records, 1);
    cr_expect_eq(t->activities, 1);
}

Test(cupti_join, short_names)
{
    static const char *const names[][2] = {
        {"void gemm<4, (bool)1>(float*, int)", "gemm<4, (bool)1>"},
        {"(anonymous namespace)::add(float*, void (*)(int))", "add"},
        {"softmax", "softmax"},
        {"void copy<op()>(int) [clone .x]", "copy<op()>(int) [clone .x]"},
        {"()", "()"},
        {")", ")"},
        {"", ""},
        {"void ", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char name[80];
        snprintf(name, sizeof name, "%s", names[i][0]);
        names_shorten(name);
        cr_expect_str_eq(name, names[i][1], "%s", names[i][0]);
    }
}

/* A million kernels, half of them replayed, with their calls and ids; the time is said, not judged. */
enum { MILLION = 1000000, EACH = 1000 };

static void add_million(void)
{
    static char name[200][64];
    for (int i = 0; i < 200; i++)
        snprintf(name[i], sizeof name[i], "_Z9kernel%03dILi%dEEvPfi", i, i);
    for (uint32_t i = 0; i < MILLION; i++) {
        const bool in_graph = i / EACH % 2;
        const uint32_t correlation = in_graph ? 1 + i / EACH * EACH : 1 + i;
        const uint64_t at = 1000 + 10 * (uint64_t)i;
        if (!in_graph || i % EACH == 0) {
            canned_run(&c[0], correlation, (int32_t)(i / EACH));
            if (!in_graph)
                canned_launch(&c[0], correlation, (int32_t)(i % EACH));
            canned_call(&c[0], CUPTI_ACTIVITY_KIND_RUNTIME, correlation, at - 500, at - 490);
        }
        canned_kernel(&c[0], name[i % 200], correlation, in_graph ? 5000 + i % EACH : 0, at, at + 9);
    }
}

Test(cupti_join, a_million_records, .timeout = 120)
{
    trace_free(t);
    t = canned_trace(EACH, MILLION / EACH);
    for (int32_t launch = 0; launch < EACH; launch++) {
        labels_launch_begin(launch);
        labels_node_created(&labels, 4000 + (uint64_t)launch);
        labels_launch_end(&labels, 1);
        labels_node_cloned(&labels, 4000 + (uint64_t)launch, 5000 + (uint64_t)launch);
    }
    add_million();
    const int64_t begin = clock_now_ns();
    join_one();
    const double seconds = 1e-9 * (double)(clock_now_ns() - begin);
    expect_clean();
    int64_t kernels = 0, right = 0;
    for (int64_t i = 0; i < t->activities; i++) {
        const struct activity *a = &t->activity[i];
        if (a->kind != ACTIVITY_kernel)
            continue;
        right += a->launch == kernels % EACH && a->run == kernels / EACH && a->begin_ns == 1000 + 10 * kernels;
        kernels++;
    }
    cr_expect_eq(kernels, MILLION);
    cr_expect_eq(right, MILLION, "%ld are right", (long)right);
    cr_expect_str_eq(t->text[t->activity[1].name], "kernel000<0>");
    cr_log_info("%ld activities in %.2f s", (long)t->activities, seconds);
}
