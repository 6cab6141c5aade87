/* Plans on a backend that enqueues and records: in which order it is told what, that a replay gives the bits of a run
 * launch by launch, and that an error on the way leaves nothing behind. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/runtime/plan.h"
#include "tests/runtime/recorder.h"
#include "tests/support/loop_graph.h"

TestSuite(recording);

struct opened {
    struct plan *plan;
    void *state, *arena;
};

static struct err open_plan(struct graph *g, struct opened *o)
{
    struct weight_source none = {0};
    cr_assert(backend_recorder.open(&(struct backend_options){.threads = 1}, &o->state).code == 0);
    TRY(plan_make(g, &backend_recorder, o->state, &o->plan));
    TRY(plan_load(o->plan, &none, NULL, NULL));
    TRY(backend_recorder.allocate(o->state, plan_memory(o->plan).arena, &o->arena));
    return plan_bind(o->plan, o->arena);
}

static void close_plan(struct opened *o)
{
    size_t bytes = o->plan ? plan_memory(o->plan).arena : 0;
    plan_free(o->plan);
    backend_recorder.release(o->state, o->arena, bytes);
    backend_recorder.close(o->state);
    cr_expect_eq(recorder.recordings, 0, "recordings are left");
}

static void expect_log(const char *log)
{
    cr_expect_str_eq(recorder.log, log);
    memset(recorder.log, 0, sizeof recorder.log);
    recorder.length = 0;
}

static void good(struct err e)
{
    cr_assert(e.code == 0, "%s", err_text(e));
}

static void write(struct plan *p)
{
    static const float context[4] = {0.3f, -1.7f, 2.2f, 0.9f}, latent[4] = {1.1f, -0.4f, 0.25f, 3};
    good(plan_write(p, "context", context));
    good(plan_write(p, "latent", latent));
}

/* Context and latent are zeroed, each phase runs once, then each is recorded; from then on there are replays alone. */
Test(recording, records_after_a_first_run_and_then_replays)
{
    struct opened o = {0};
    good(open_plan(loop_graph(1, 4, true), &o));
    expect_log("iirrrfxxx[c][cc]");
    write(o.plan);
    expect_log("ii");
    good(plan_begin(o.plan));
    for (int i = 0; i < 3; i++)
        good(plan_step(o.plan));
    expect_log("RRRR");
    good(plan_wait(o.plan));
    expect_log("fxxxxxxx");
    plan_free(o.plan);
    o.plan = NULL;
    expect_log("FF");
    close_plan(&o);
}

Test(recording, graphs_that_are_not_captured_run_launch_by_launch)
{
    struct opened o = {0};
    good(open_plan(loop_graph(1, 4, false), &o));
    expect_log("");
    good(plan_begin(o.plan));
    good(plan_step(o.plan));
    expect_log("rrr");
    close_plan(&o);
}

static void run(bool captured, float out[4])
{
    struct opened o = {0};
    good(open_plan(loop_graph(1, 4, captured), &o));
    write(o.plan);
    good(plan_begin(o.plan));
    for (int i = 0; i < 5; i++)
        good(plan_step(o.plan));
    good(plan_read(o.plan, "latent", out));
    cr_expect_eq(strchr(recorder.log, 'R') != NULL, captured);
    close_plan(&o);
    memset(&recorder, 0, sizeof recorder);
}

Test(recording, replays_give_the_same_bits)
{
    float eager[4], replayed[4];
    run(false, eager);
    run(true, replayed);
    cr_expect(!memcmp(eager, replayed, sizeof eager));
    cr_expect(eager[0] > 0.2f && eager[0] < 0.3f, "a computed value: %g", (double)eager[0]);
}

/* Bound anew, it records anew: what was recorded has the old addresses. */
Test(recording, binding_again_records_again)
{
    struct opened o = {0};
    float out[4], again[4];
    void *other = NULL;
    good(open_plan(loop_graph(1, 4, true), &o));
    write(o.plan);
    good(plan_begin(o.plan));
    good(plan_step(o.plan));
    good(plan_read(o.plan, "latent", out));
    size_t bytes = plan_memory(o.plan).arena;
    good(backend_recorder.allocate(o.state, bytes, &other));
    memset(recorder.log, 0, sizeof recorder.log);
    recorder.length = 0;
    good(plan_bind(o.plan, other));
    expect_log("FFiirrrfxxx[c][cc]");
    memset(o.arena, 0xff, bytes); /* NaN, wherever it is still read */
    write(o.plan);
    good(plan_begin(o.plan));
    good(plan_step(o.plan));
    good(plan_read(o.plan, "latent", again));
    cr_expect(!memcmp(out, again, sizeof out));
    plan_free(o.plan);
    o.plan = NULL;
    backend_recorder.release(o.state, other, bytes);
    backend_recorder.release(o.state, o.arena, bytes);
    o.arena = NULL;
    close_plan(&o);
}

/* What a watch was told, in order: a launch begins with its number. */
struct seen {
    char log[64];
    size_t length;
};

static void see(void *context, const struct watch_event *e)
{
    static const char letters[] = {
        [WATCH_plan_bound] = 'b', [WATCH_plan_freed] = '.', [WATCH_run_begin] = '(', [WATCH_run_end] = ')',
        [WATCH_launch_end] = '>', [WATCH_copy_begin] = '{', [WATCH_copy_end] = '}'};
    struct seen *s = context;
    if (s->length + 2 < sizeof s->log)
        s->log[s->length++] = e->what == WATCH_launch_begin ? (char)('0' + e->launch) : letters[e->what];
}

/* A time means something only where nothing else is under way. */
Test(recording, a_watch_sees_launches_one_by_one)
{
    struct opened o = {0};
    struct seen seen = {0};
    const struct watch watch = {.context = &seen, .event = see, .one_by_one = true};
    good(open_plan(loop_graph(1, 4, true), &o));
    write(o.plan);
    memset(recorder.log, 0, sizeof recorder.log);
    recorder.length = 0;
    cr_expect_null(watch_attach(&watch));
    good(plan_begin(o.plan));
    good(plan_step(o.plan));
    cr_expect_str_eq(seen.log, "(0>)(1>2>)");
    expect_log("frfxfrfxrfx");
    watch_attach(NULL);
    good(plan_step(o.plan));
    expect_log("R");
    close_plan(&o);
}

/* Otherwise it changes nothing of what runs: recordings are made and replayed under it. */
Test(recording, a_watch_is_told_of_recordings)
{
    struct opened o = {0};
    struct seen seen = {0};
    const struct watch watch = {.context = &seen, .event = see};
    watch_attach(&watch);
    good(open_plan(loop_graph(1, 4, true), &o));
    cr_expect_str_eq(seen.log, "b(0>)(1>2>)(0>)(1>2>)", "%s", seen.log);
    seen = (struct seen){0};
    write(o.plan);
    good(plan_begin(o.plan));
    good(plan_step(o.plan));
    cr_expect_str_eq(seen.log + strspn(seen.log, "{}"), "()()", "%s", seen.log);
    close_plan(&o);
    cr_expect_eq(seen.log[seen.length - 1], '.');
    watch_attach(NULL);
}

/* Whatever fails while a plan is bound is one error that says what and what to do, and nothing stays behind. */
Test(recording, errors_while_recording_leave_nothing)
{
    static const struct {
        struct recorder fault;
        const char *word;
    } rows[] = {
        {{.fail_begin = 1}, "no recording can begin"},
        {{.fail_begin = 2}, "no recording can begin"},
        {{.fail_end = 1}, "the recording is broken"},
        {{.fail_end = 2}, "the recording is broken"},
        {{.fail_run = 1}, "a run failed"},
        {{.fail_run = 5}, "a run failed"},
        {{.fail_finish = 1}, "failed meanwhile"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct opened o = {0};
        recorder = rows[i].fault;
        struct err e = open_plan(loop_graph(1, 4, true), &o);
        cr_expect(e.code == ERR_FAILED && strstr(err_text(e), rows[i].word) && strstr(err_text(e), "graph loop") &&
                      strstr(err_text(e), "--without=capture"),
                  "row %zu: %s", i, err_text(e));
        cr_expect(!recorder.recording && recorder.recordings == 0, "row %zu", i);
        err_free(&e);
        close_plan(&o);
    }
}

/* What a device finds out later belongs to the plan that waits for it. */
Test(recording, errors_of_enqueued_work_come_with_the_wait)
{
    struct opened o = {0};
    good(open_plan(loop_graph(1, 4, true), &o));
    good(plan_step(o.plan));
    recorder.fail_finish = 1;
    struct err e = plan_wait(o.plan);
    cr_expect(e.code == ERR_FAILED && strstr(err_text(e), "failed meanwhile"), "%s", err_text(e));
    err_free(&e);
    close_plan(&o);
}
