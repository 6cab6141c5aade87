#include "bench/profile/counted.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/generate/generation.h"
#include "bench/generate/report.h"
#include "pipeline/graph/rules.h"
#include "pipeline/runtime/plan.h"
#include "profiler/find.h"

enum { STEPS_OF_LAUNCHES = 2 };

/* What a range was of; in the order in which they were begun. */
struct range {
    char plan[32];
    enum stage stage;
    int step, launch; /* launch -1: the whole stage run */
    char *path;       /* malloc'ed; NULL of a stage run */
    double model_bytes;
};

struct counting {
    const struct metrics_profiler *profiler;
    struct metrics_session *session;
    struct range *range;
    size_t ranges, room;
    int step; /* of the plan that runs its stage step */
    bool failed;
};

static bool reserve(struct counting *c)
{
    if (c->ranges < c->room)
        return true;
    const size_t room = 2 * c->room + 256;
    struct range *more = realloc(c->range, room * sizeof *more);
    if (!more) {
        c->failed = true;
        return false;
    }
    c->range = more;
    c->room = room;
    return true;
}

static void begin(struct counting *c, const struct watch_event *e, int launch)
{
    if (!reserve(c))
        return;
    struct range *r = &c->range[c->ranges++];
    *r = (struct range){.stage = e->stage, .step = e->stage == STAGE_STEP ? c->step : 0, .launch = launch};
    snprintf(r->plan, sizeof r->plan, "%s", plan_graph(e->plan)->name);
    for (size_t i = 0; i < plan_launches(e->plan); i++)
        if (plan_launch_stage(e->plan, i) == e->stage && (launch < 0 || (int)i == launch))
            r->model_bytes += node_cost(plan_graph(e->plan), plan_launch_node(e->plan, i)).bytes;
    if (launch >= 0)
        r->path = strdup(plan_launch_node(e->plan, (size_t)launch)->path[0]);
    c->profiler->range_begin(c->session, "work");
}

static bool counts_launches(const struct counting *c, const struct watch_event *e)
{
    return e->how == RUN_LAUNCHED && c->step < STEPS_OF_LAUNCHES;
}

static void watched(void *context, const struct watch_event *e)
{
    struct counting *c = context;
    if (c->failed)
        return;
    if (e->what == WATCH_run_begin && e->stage == STAGE_RUN)
        c->step = 0;
    if (e->what == WATCH_run_begin && e->how == RUN_REPLAYED)
        begin(c, e, -1);
    else if (e->what == WATCH_launch_begin && counts_launches(c, e))
        begin(c, e, (int)e->launch);
    else if ((e->what == WATCH_run_end && e->how == RUN_REPLAYED) ||
             (e->what == WATCH_launch_end && counts_launches(c, e)))
        c->profiler->range_end(c->session);
    if (e->what == WATCH_run_end && e->stage == STAGE_STEP)
        c->step++;
}

static cJSON *range_json(const struct range *r, const struct metrics_range *m)
{
    static const char *const verdicts[] = {
        [METRICS_BELOW_MODEL] = "below the model's", [METRICS_ABOVE_MODEL] = "above the model's"};
    cJSON *record = cJSON_CreateObject();
    cJSON_AddStringToObject(record, "kind", "metrics");
    cJSON_AddStringToObject(record, "plan", r->plan);
    cJSON_AddStringToObject(record, "stage", stage_names[r->stage]);
    cJSON_AddNumberToObject(record, "step", r->step);
    if (r->launch >= 0) {
        cJSON_AddNumberToObject(record, "launch", r->launch);
        cJSON_AddStringToObject(record, "path", r->path ? r->path : "");
    }
    cJSON_AddNumberToObject(record, "model_bytes", r->model_bytes);
    for (int i = 0; i < METRIC_COUNT; i++)
        if (!isnan(m->value[i]))
            cJSON_AddNumberToObject(record, metric_rows[i].name, m->value[i]);
    const struct metrics_flag flag =
        metrics_flag(m->value[METRIC_dram_read_bytes] + m->value[METRIC_dram_write_bytes], r->model_bytes);
    if (!isnan(flag.ratio))
        cJSON_AddNumberToObject(record, "dram_model_ratio", flag.ratio);
    if (flag.verdict == METRICS_BELOW_MODEL || flag.verdict == METRICS_ABOVE_MODEL)
        cJSON_AddStringToObject(record, "flag", verdicts[flag.verdict]);
    return record;
}

static struct err report(const struct generation *g, const struct counting *c, const struct metrics *m)
{
    if (m->ranges != c->ranges)
        return err_make(ERR_INVALID, "metrics: %zu ranges were begun and %zu came back", c->ranges, m->ranges);
    for (size_t i = 0; i < c->ranges; i++) {
        cJSON *line = cJSON_CreateObject();
        cJSON_AddItemToObject(line, "profile", range_json(&c->range[i], &m->range[i]));
        TRY(report_send(g->o->phases, line));
    }
    return OK;
}

static struct err run_and_report(struct generation *g, struct counting *c)
{
    const struct watch watch = {.context = c, .event = watched};
    struct metrics m = {0};
    const struct watch *before = watch_attach(&watch);
    struct err e = generation_run(g, false);
    watch_attach(before);
    struct err finished = c->profiler->finish(c->session, &m);
    e = err_first(e, finished);
    if (!e.code && c->failed)
        e = err_fail("out of memory for metrics");
    if (!e.code)
        e = report(g, c, &m);
    metrics_free(&m);
    return e;
}

struct err counted_run(struct generation *g)
{
    struct counting c = {0};
    TRY(metrics_profiler_find(&c.profiler));
    TRY(generation_run(g, false));
    TRY(c.profiler->open(&c.session));
    struct err e = run_and_report(g, &c);
    c.profiler->close(c.session);
    for (size_t i = 0; i < c.ranges; i++)
        free(c.range[i].path);
    free(c.range);
    return e;
}
