/* What the tracer makes of a plan that runs: by the host's clock, and told to a source. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "pipeline/runtime/plan.h"
#include "profiler/trace/node_ids.h"
#include "profiler/trace/tracer.h"
#include "tests/runtime/recorder.h"
#include "tests/support/loop_graph.h"

TestSuite(tracer);

static void good(struct err e)
{
    cr_assert(e.code == 0, "%s", err_text(e));
}

/* Two repetitions of a prompt and three steps, and a run before them that is none. */
static void run_loop(struct tracer *t, bool captured)
{
    static const float values[4] = {0.25f, 0.5f, 0.75f, 1};
    struct weight_source none = {0};
    struct plan *p = NULL;
    void *state = NULL, *arena = NULL;
    float out[4];
    good(backend_recorder.open(&(struct backend_options){.threads = 1}, &state));
    good(plan_make(loop_graph(1, 4, captured), &backend_recorder, state, &p));
    good(plan_load(p, &none, NULL, NULL));
    const size_t bytes = plan_memory(p).arena;
    good(backend_recorder.allocate(state, bytes, &arena));
    good(plan_bind(p, arena));
    for (int repetition = -1; repetition < 2; repetition++) {
        if (repetition >= 0)
            tracer_repetition(t, true);
        good(plan_write(p, "context", values));
        good(plan_begin(p));
        for (int step = 0; step < 3; step++)
            good(plan_step(p));
        good(plan_read(p, "latent", out));
        if (repetition >= 0)
            tracer_repetition(t, false);
    }
    plan_free(p);
    backend_recorder.release(state, arena, bytes);
    backend_recorder.close(state);
}

static const char *name_of(const struct trace *t, const struct activity *a)
{
    return a->launch < 0 ? t->text[a->name] : t->text[t->launch[a->launch].path[0]];
}

Test(tracer, of_the_hosts_clock_has_every_launch_and_copy)
{
    static const char *const once[] = {"copy in", "key",     "product", "next",    "product",
                                       "next",    "product", "next",    "copy out"};
    struct tracer *tracer;
    good(tracer_open(NULL, &tracer));
    run_loop(tracer, false);
    good(tracer_finish(tracer));
    const struct trace *t = tracer_trace(tracer);
    cr_assert_eq(t->activities, 3 * (int64_t)ARRAY_LEN(once));
    for (int64_t i = 0; i < t->activities; i++) {
        const struct activity *a = &t->activity[i];
        const int repetition = (int)(i / (int64_t)ARRAY_LEN(once)) - 1, at = (int)(i % (int64_t)ARRAY_LEN(once));
        cr_expect_str_eq(name_of(t, a), once[at]);
        cr_expect(a->begin_ns <= a->end_ns && (i == 0 || a->begin_ns >= t->activity[i - 1].end_ns));
        cr_expect_eq(a->kind, a->launch < 0 ? ACTIVITY_copy : ACTIVITY_kernel);
        if (a->launch >= 0) {
            cr_expect_eq(t->run[a->run].repetition, repetition);
            cr_expect_eq(t->run[a->run].stage, t->launch[a->launch].stage);
            cr_expect_eq(t->run[a->run].step, at < 2 ? 0 : (at - 2) / 2, "%d", at);
        } else {
            cr_expect_eq(a->bytes, 16);
        }
    }
    cr_expect_eq(t->repetitions, 2);
    cr_expect_eq(t->plans, 1);
    cr_expect_str_eq(t->text[t->plan[0].name], "loop");
    cr_expect_eq(t->launches, 3);
    cr_expect_eq(t->launch[1].op, OP_mul);
    cr_expect_eq(t->launch[1].cost.other_flop, 4);
    cr_expect_eq(t->launch[1].dtype, DTYPE_f32);
    tracer_close(tracer);
}

/* A source that notes what it is told. */
static struct {
    char log[512];
    bool refuses, fails;
} made_up;

static void note(const char *what, long long n)
{
    const size_t at = strlen(made_up.log);
    snprintf(made_up.log + at, sizeof made_up.log - at, "%s%lld ", what, n);
}

static struct err source_open(struct trace *t, void **state)
{
    *state = &made_up;
    return made_up.refuses ? err_make(ERR_ABSENT, "no profiler") : trace_error(t);
}

static void source_describe(void *state, struct text *out)
{
    (void)state;
    text_add(out, "made up");
}

static void launch_begin(void *state, int32_t launch)
{
    (void)state;
    note("<", launch);
}

static void launch_end(void *state, int32_t launch, uint64_t recorded)
{
    (void)state, (void)launch;
    note(">", (long long)recorded);
}

static void launch_nodes(void *state, const uint64_t *id, uint64_t count)
{
    (void)state;
    for (uint64_t i = 0; i < count; i++)
        note("#", (long long)id[i]);
}

static void run_begin(void *state, int32_t run)
{
    (void)state;
    note("(", run);
}

static void run_end(void *state, int32_t run)
{
    (void)state;
    note(")", run);
}

static struct err source_finish(void *state)
{
    (void)state;
    note("f", 0);
    return made_up.fails ? err_fail("its buffers are lost") : OK;
}

static void source_close(void *state)
{
    (void)state;
    note("c", 0);
}

static const struct trace_source source = {.name = "made up",
                                           .open = source_open,
                                           .describe = source_describe,
                                           .launch_begin = launch_begin,
                                           .launch_end = launch_end,
                                           .run_begin = run_begin,
                                           .run_end = run_end,
                                           .finish = source_finish,
                                           .close = source_close};

/* Of a captured plan: the first runs on zeros, then both recordings, each launch with the nodes that it added; after
 * that runs alone, which are replays. */
Test(tracer, tells_a_source_of_launches_and_recordings)
{
    struct tracer *tracer;
    good(tracer_open(&source, &tracer));
    run_loop(tracer, true);
    good(tracer_finish(tracer));
    const char *recordings = "(0 <0 >0 )0 (1 <1 >0 <2 >0 )1 (2 <0 >1 )2 (3 <1 >1 <2 >1 )3 ";
    cr_expect(!strncmp(made_up.log, recordings, strlen(recordings)), "%s", made_up.log);
    cr_expect_null(strchr(made_up.log + strlen(recordings), '<'), "%s", made_up.log);
    const struct trace *t = tracer_trace(tracer);
    cr_expect_eq(t->activities, 0, "its times are the source's");
    cr_expect_eq(t->runs, 4 + 3 * 4);
    cr_expect_eq(t->plan[0].recorded[STAGE_RUN], 1);
    cr_expect_eq(t->plan[0].recorded[STAGE_STEP], 2);
    cr_expect(t->plan[0].captured && t->launch[2].recorded == 1);
    cr_expect_eq(t->run[2].how, RUN_RECORDED);
    cr_expect_eq(t->run[4].how, RUN_REPLAYED);
    cr_expect_eq(t->run[4].repetition, -1);
    cr_expect_eq(t->run[15].repetition, 1);
    cr_expect_eq(t->run[15].step, 2);
    tracer_close(tracer);
    cr_expect(strstr(made_up.log, "f0 c0 "), "%s", made_up.log);
}

static void trace_with(const struct trace_source *with)
{
    struct tracer *tracer;
    good(tracer_open(with, &tracer));
    run_loop(tracer, true);
    good(tracer_finish(tracer));
    tracer_close(tracer);
}

/* Of each launch those that it added, though the backend gives all of them, and the last first; in the second recording
 * the ids of the first have come back. */
Test(tracer, tells_a_source_which_nodes_a_launch_added)
{
    struct trace_source with_nodes = source;
    with_nodes.launch_nodes = launch_nodes;
    trace_with(&with_nodes);
    cr_expect(strstr(made_up.log, "(2 <0 #100 >1 )2 (3 <1 #100 >1 <2 #101 >1 )3 "), "%s", made_up.log);
}

/* Once one id of two is known, nobody can say whose. */
Test(tracer, tells_no_nodes_where_not_all_are_known)
{
    struct trace_source with_nodes = source;
    with_nodes.launch_nodes = launch_nodes;
    recorder.ids = 1;
    trace_with(&with_nodes);
    cr_expect(strstr(made_up.log, "(3 <1 #100 >1 <2 >1 )3 "), "%s", made_up.log);
}

Test(tracer, ids_that_are_new_stay)
{
    struct index_table seen = {0};
    uint64_t id[1000];
    for (size_t count = 0; count <= ARRAY_LEN(id); count += 125) {
        for (size_t i = 0; i < count; i++) /* all of them, in some order, one of them twice */
            id[i] = (uint64_t)7 << 32 | (i * 3 + count) % count;
        if (count)
            id[count - 1] = id[0];
        const size_t kept = node_ids_keep_new(&seen, id, count);
        cr_assert_leq(kept, count);
        for (size_t i = 0; i < kept; i++)
            for (size_t k = 0; k < i; k++)
                cr_assert_neq(id[i], id[k]);
        cr_expect_eq(node_ids_keep_new(&seen, id, kept), 0, "they are known now");
    }
    cr_expect_geq(seen.used, 999);
    index_table_free(&seen);
}

Test(tracer, a_source_that_cannot_be_is_an_error_and_nothing_is_watched)
{
    struct tracer *tracer;
    made_up.refuses = true;
    struct err e = tracer_open(&source, &tracer);
    cr_expect(e.code == ERR_ABSENT && !strcmp(err_text(e), "no profiler"));
    cr_expect_null(tracer);
    cr_expect_null(watch_attached());
    err_free(&e);
}

Test(tracer, an_error_of_the_source_comes_back)
{
    struct tracer *tracer;
    made_up.fails = true;
    good(tracer_open(&source, &tracer));
    struct err e = tracer_finish(tracer);
    cr_expect_str_eq(err_text(e), "its buffers are lost");
    err_free(&e);
    cr_expect_null(watch_attached());
    tracer_close(tracer);
}

/* Paused, it sees nothing; the watch of before is back. */
Test(tracer, can_be_paused)
{
    struct tracer *tracer;
    good(tracer_open(NULL, &tracer));
    tracer_pause(tracer, true);
    cr_expect_null(watch_attached());
    run_loop(tracer, false);
    tracer_pause(tracer, false);
    cr_expect_not_null(watch_attached());
    good(tracer_finish(tracer));
    cr_expect_eq(tracer_trace(tracer)->activities, 0);
    tracer_close(tracer);
}

Test(tracer, tells_what_a_launch_costs)
{
    double ns = 0;
    good(tracer_launch_cost(&ns));
    cr_expect(ns > 0, "%g", ns);
}
