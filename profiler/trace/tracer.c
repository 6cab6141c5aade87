#include "profiler/trace/tracer.h"

#include <stdlib.h>

#include "pipeline/base/clock.h"
#include "pipeline/runtime/plan.h"
#include "profiler/trace/node_ids.h"

struct tracer {
    struct trace *trace;
    const struct trace_source *source; /* NULL: the host's clock */
    void *state;                       /* the source's */
    struct watch watch;
    const struct watch *before;
    int32_t plan, run, repetition; /* under way, or last; -1: none */
    int64_t begin_ns;              /* of the launch or copy under way */
    uint64_t recorded;             /* nodes of the recording under way */
    struct index_table node_ids;   /* theirs */
    bool watches;
};

static enum dtype source_dtype(const struct graph *g, const struct node *n)
{
    const int first = node_first_activation(n);
    const bool there = first < n->n_inputs && n->input[first] != NO_VALUE;
    return there ? node_value(g, n, first)->dtype : node_result(g, n, 0)->dtype;
}

static void add_launch(struct tracer *r, const struct plan *p, int32_t plan, size_t index)
{
    const struct node *n = plan_launch_node(p, index);
    struct traced_launch l = {.plan = plan,
                              .index = (int32_t)index,
                              .stage = plan_launch_stage(p, index),
                              .op = n->op,
                              .dtype = source_dtype(plan_graph(p), n),
                              .implementation = trace_text(r->trace, plan_launch_kernel(p, index)),
                              .path = malloc((size_t)n->n_paths * sizeof *l.path + 1),
                              .cost = node_cost(plan_graph(p), n)};
    for (int i = 0; l.path && i < n->n_paths; i++)
        l.path[l.paths++] = trace_text(r->trace, n->path[i]);
    trace_add_launch(r->trace, &l);
}

/* A plan that is bound again has recordings of its own, and is another one here. */
static void on_plan_bound(struct tracer *r, const struct watch_event *e)
{
    const struct graph *g = plan_graph(e->plan);
    const int32_t plan = trace_add_plan(r->trace, &(struct traced_plan){.plan = e->plan,
                                                                        .name = trace_text(r->trace, g->name),
                                                                        .captured = g->captured,
                                                                        .first_launch = r->trace->launches,
                                                                        .launches = (int32_t)plan_launches(e->plan)});
    for (size_t i = 0; plan >= 0 && i < plan_launches(e->plan); i++)
        add_launch(r, e->plan, plan, i);
    r->plan = plan;
}

/* Its address may be another plan's, later. */
static void on_plan_freed(struct tracer *r, const struct watch_event *e)
{
    const int32_t plan = trace_find_plan(r->trace, e->plan);
    if (plan >= 0)
        r->trace->plan[plan].plan = NULL;
    r->plan = -1;
}

/* NULL: it was bound before anybody recorded, or memory ran out. */
static struct traced_plan *plan_of(struct tracer *r, const struct plan *p)
{
    if (r->plan < 0 || r->trace->plan[r->plan].plan != p)
        r->plan = trace_find_plan(r->trace, p);
    return r->plan < 0 ? NULL : &r->trace->plan[r->plan];
}

/* Steps of a loop are counted from what is computed once before it; runs that only prepare do not count. */
static int32_t next_step(struct traced_plan *p, const struct watch_event *e)
{
    if (e->how == RUN_FIRST || e->how == RUN_RECORDED)
        return 0;
    if (e->stage == STAGE_RUN)
        p->runs = 0;
    return e->stage == STAGE_RUN ? 0 : p->runs++;
}

static void on_run_begin(struct tracer *r, const struct watch_event *e)
{
    struct traced_plan *p = plan_of(r, e->plan);
    r->recorded = 0;
    index_table_free(&r->node_ids);
    r->run = -1;
    if (!p)
        return;
    const bool measured = e->how == RUN_LAUNCHED || e->how == RUN_REPLAYED;
    const struct traced_run run = {.plan = r->plan,
                                   .step = next_step(p, e),
                                   .repetition = measured ? r->repetition : -1,
                                   .stage = e->stage,
                                   .how = e->how,
                                   .begin_ns = clock_now_ns()};
    r->run = trace_add_run(r->trace, &run);
    if (r->source && r->run >= 0)
        r->source->run_begin(r->state, r->run);
}

static void on_run_end(struct tracer *r, const struct watch_event *e)
{
    if (r->run < 0)
        return;
    if (r->source)
        r->source->run_end(r->state, r->run);
    if (e->how == RUN_RECORDED)
        r->trace->plan[r->plan].recorded[e->stage] = r->recorded;
    r->trace->run[r->run].end_ns = clock_now_ns();
    r->run = -1;
}

static int32_t launch_of(struct tracer *r, const struct watch_event *e)
{
    const struct traced_plan *p = plan_of(r, e->plan);
    return p ? p->first_launch + (int32_t)e->launch : -1;
}

static void on_launch_begin(struct tracer *r, const struct watch_event *e)
{
    const int32_t launch = launch_of(r, e);
    if (!r->source)
        r->begin_ns = clock_now_ns();
    else if (launch >= 0)
        r->source->launch_begin(r->state, launch);
}

/* What takes less than the clock's step took a step. */
static int64_t end_of(const struct tracer *r)
{
    const int64_t now_ns = clock_now_ns();
    return now_ns > r->begin_ns ? now_ns : r->begin_ns + 1;
}

/* Where their number is not that of the nodes, some of an earlier launch were not known at its end. */
static void tell_nodes(struct tracer *r, const struct watch_event *e, uint64_t added)
{
    if (e->ids && node_ids_keep_new(&r->node_ids, e->ids, e->recorded) == added)
        r->source->launch_nodes(r->state, e->ids, added);
}

/* On the host a launch is done when it ends. */
static void on_launch_end(struct tracer *r, const struct watch_event *e)
{
    const int64_t end_ns = r->source ? 0 : end_of(r);
    const int32_t launch = launch_of(r, e);
    const uint64_t added = e->recorded > r->recorded ? e->recorded - r->recorded : 0;
    if (launch < 0)
        return;
    struct traced_launch *l = &r->trace->launch[launch];
    if (e->how == RUN_RECORDED)
        l->recorded = added;
    r->recorded += added;
    if (r->source) {
        tell_nodes(r, e, added);
        r->source->launch_end(r->state, launch, added);
    } else {
        trace_add_activity(r->trace, &(struct activity){.begin_ns = r->begin_ns,
                                                        .end_ns = end_ns,
                                                        .name = l->implementation,
                                                        .launch = launch,
                                                        .run = r->run,
                                                        .shape = -1,
                                                        .kind = ACTIVITY_kernel});
    }
}

static void on_copy_begin(struct tracer *r, const struct watch_event *e)
{
    (void)e;
    r->begin_ns = clock_now_ns();
}

static void on_copy_end(struct tracer *r, const struct watch_event *e)
{
    if (r->source) /* it sees the copies themselves */
        return;
    const int64_t end_ns = end_of(r);
    trace_add_activity(r->trace, &(struct activity){.begin_ns = r->begin_ns,
                                                    .end_ns = end_ns,
                                                    .name = trace_text(r->trace, e->in ? "copy in" : "copy out"),
                                                    .bytes = e->bytes,
                                                    .launch = -1,
                                                    .run = -1,
                                                    .shape = -1,
                                                    .kind = ACTIVITY_copy});
}

static void (*const events[])(struct tracer *r, const struct watch_event *e) = {
    [WATCH_plan_bound] = on_plan_bound, [WATCH_plan_freed] = on_plan_freed,     [WATCH_run_begin] = on_run_begin,
    [WATCH_run_end] = on_run_end,       [WATCH_launch_begin] = on_launch_begin, [WATCH_launch_end] = on_launch_end,
    [WATCH_copy_begin] = on_copy_begin, [WATCH_copy_end] = on_copy_end,
};

static void take_event(void *context, const struct watch_event *e)
{
    events[e->what](context, e);
}

static struct err open_source(struct tracer *r)
{
    r->trace = trace_new();
    if (!r->trace)
        return err_fail("out of memory for a trace");
    struct err e = r->source ? r->source->open(r->trace, &r->state) : OK;
    if (e.code)
        r->state = NULL;
    return e;
}

struct err tracer_open(const struct trace_source *source, struct tracer **out)
{
    struct tracer *r = calloc(1, sizeof *r);
    *out = NULL;
    if (!r)
        return err_fail("out of memory for a trace");
    *r = (struct tracer){.source = source, .plan = -1, .run = -1, .repetition = -1};
    r->watch = (struct watch){.context = r, .event = take_event, .wants_ids = source && source->launch_nodes};
    struct err e = open_source(r);
    if (e.code) {
        tracer_close(r);
        return e;
    }
    r->before = watch_attach(&r->watch);
    r->watches = true;
    *out = r;
    return OK;
}

void tracer_pause(struct tracer *r, bool pauses)
{
    if (!r->source)
        watch_attach(pauses ? r->before : &r->watch);
}

void tracer_repetition(struct tracer *r, bool begins)
{
    if (begins) {
        r->repetition = trace_add_repetition(r->trace, &(struct repetition){0});
        if (r->repetition >= 0)
            r->trace->repetition[r->repetition].begin_ns = clock_now_ns();
    } else {
        if (r->repetition >= 0)
            r->trace->repetition[r->repetition].end_ns = clock_now_ns();
        r->repetition = -1;
    }
}

static void stop(struct tracer *r)
{
    if (r->watches)
        watch_attach(r->before);
    r->watches = false;
}

struct err tracer_finish(struct tracer *r)
{
    stop(r);
    if (r->source)
        TRY(r->source->finish(r->state));
    trace_sort(r->trace);
    return trace_error(r->trace);
}

struct trace *tracer_trace(struct tracer *r)
{
    return r->trace;
}

void tracer_describe(const struct tracer *r, struct text *out)
{
    if (r->source)
        r->source->describe(r->state, out);
    else
        text_add(out, "host clock (CLOCK_MONOTONIC), around each launch");
}

void tracer_close(struct tracer *r)
{
    if (!r)
        return;
    stop(r);
    if (r->source && r->state)
        r->source->close(r->state);
    index_table_free(&r->node_ids);
    trace_free(r->trace);
    free(r);
}
