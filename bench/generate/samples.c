/* A process that is measured. Within a timed span nothing is done that `generate` would not do, but for stamps of the
 * clock where a phase ends; hashes, reports and conditions are read and sent outside of it. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/generate/generation.h"
#include "bench/generate/report.h"
#include "bench/generate/series.h"
#include "bench/profile/counted.h"
#include "bench/profile/roofs_report.h"
#include "bench/profile/traced.h"
#include "bench/rules/warm_up.h"
#include "bench/state/states.h"
#include "bench/statistics/summary.h"
#include "pipeline/base/clock.h"

/* Warm-up ends when times have settled, and at the latest after so much. */
static const struct warm_up_caps CAPS = {.most = 30, .most_seconds = 60};

/* A canary, as part of the timed span: what a program that is slower by this share would do. */
static void slow_down(const struct options *o, int64_t begin_ns)
{
    int64_t until = begin_ns + (int64_t)((double)(clock_now_ns() - begin_ns) * (1 + o->slow_down));
    while (o->slow_down > 0 && clock_now_ns() < until)
        continue;
}

static void begin_sample(struct sample_report *r)
{
    r->before = conditions_now();
    r->begin = usage_begin();
    phase_clock_start(&r->clock, r->begin.time_ns);
}

static void end_sample(struct sample_report *r)
{
    r->end = usage_end();
    phase_clock_stop(&r->clock, r->end.time_ns);
    r->after = conditions_now();
}

/* *time_ns, unless NULL, is the sample's. */
static struct err run_warm(struct generation *g, const char *name, bool settled, double *time_ns)
{
    struct sample_report r = {.name = name, .settled = settled, .images = &g->images};
    begin_sample(&r);
    struct err e = generation_run(g, false);
    slow_down(g->o, r.begin.time_ns);
    end_sample(&r);
    TRY(e);
    int64_t begin_ns = clock_now_ns();
    TRY(generation_write(g, false));
    r.write_ns = clock_now_ns() - begin_ns;
    if (time_ns)
        *time_ns = (double)(r.end.time_ns - r.begin.time_ns);
    return report_sample(g->o->phases, &r);
}

static struct err settle(struct generation *g, bool *settled)
{
    struct warm_up w;
    warm_up_begin(&w, warm_up_rule_find("settle"), CAPS);
    while (!warm_up_done(&w)) {
        double time_ns;
        TRY(run_warm(g, "warm-up", false, &time_ns));
        warm_up_add(&w, time_ns);
    }
    *settled = !strcmp(warm_up_outcome(&w), "settled");
    return OK;
}

/* The pipeline of before is gone when the new one begins to open. */
static struct err reopen(struct generation *g, bool *unused)
{
    (void)unused;
    struct sample_report r = {.name = "C4", .settled = true, .images = &g->images};
    sd_close(g->sd);
    g->sd = NULL;
    begin_sample(&r);
    struct err e = generation_open(g);
    if (!e.code)
        e = generation_run(g, true);
    if (!e.code)
        e = generation_write(g, false);
    end_sample(&r);
    r.write_ns = r.clock.phase[PHASE_write].time_ns;
    return e.code ? e : report_sample(g->o->phases, &r);
}

static struct err idle(const struct options *o)
{
    double seconds = o->given[OPTION_idle] ? o->idle : state_rows[STATE_W0].idle_s;
    struct timespec t = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    while (nanosleep(&t, &t))
        if (progress_interrupted())
            return err_make(ERR_CANCELLED, "cancelled");
    return OK;
}

/* One warm run, with all that measuring adds to its timed span or with none of it. */
static struct err run_timed(struct generation *g, bool measured, double *ns)
{
    struct phase_clock clock;
    int64_t begin_ns = clock_now_ns();
    if (measured)
        phase_clock_start(&clock, begin_ns);
    struct sd_progress hooks = progress_hooks(&g->progress);
    sd_images_free(&g->images);
    struct err e = sd_generate(g->sd, g->requests.request, g->requests.count, measured ? &hooks : NULL, &g->images);
    int64_t end_ns = clock_now_ns();
    if (measured)
        phase_clock_stop(&clock, end_ns);
    *ns = (double)(end_ns - begin_ns);
    return e;
}

enum { COST_PAIRS = 400 };

/* The median of the differences, which of both comes first taking turns. */
static struct err measure_cost(struct generation *g, bool *unused)
{
    (void)unused;
    double *difference = calloc(COST_PAIRS, sizeof *difference), with = 0, without = 0;
    struct err e = difference ? OK : err_fail("out of memory");
    for (int i = 0; i < COST_PAIRS && !e.code; i++) {
        e = run_timed(g, i % 2, i % 2 ? &with : &without);
        if (!e.code)
            e = run_timed(g, !(i % 2), i % 2 ? &without : &with);
        if (difference)
            difference[i] = with - without;
    }
    if (!e.code) {
        sort_ascending(difference, COST_PAIRS);
        e = report_cost(g->o->phases, (int64_t)median_of(difference, COST_PAIRS), COST_PAIRS);
    }
    free(difference);
    return e;
}

static struct err run_settled(struct generation *g, bool *settled)
{
    return run_warm(g, "W1", *settled, NULL);
}

static struct err run_idled(struct generation *g, bool *settled)
{
    (void)settled;
    TRY(idle(g->o));
    return run_warm(g, "W0", true, NULL);
}

static struct err run_traced(struct generation *g, bool *settled)
{
    (void)settled;
    return traced_run(g->traced, g);
}

static struct err run_counted(struct generation *g, bool *settled)
{
    (void)settled;
    return counted_run(g);
}

static struct err measure_roofs(struct generation *g, bool *settled)
{
    (void)settled;
    return roofs_report(g);
}

static struct err (*const runs[SERIES_KINDS])(struct generation *g, bool *settled) = {
    [SERIES_SETTLE] = settle, [SERIES_W1] = run_settled,    [SERIES_W0] = run_idled,
    [SERIES_C4] = reopen,     [SERIES_COST] = measure_cost,
    [SERIES_TRACE] = run_traced, [SERIES_COUNT] = run_counted, [SERIES_ROOFS] = measure_roofs,
};

/* The last of the settled pictures are those that are compared and kept. */
static struct err run_item(struct generation *g, const struct series_item *item, bool *settled)
{
    for (int i = 0; i < item->count; i++)
        TRY(runs[item->kind](g, settled));
    return item->kind == SERIES_W1 ? generation_write(g, true) : OK;
}

struct err generation_samples(struct generation *g)
{
    struct sample_report cold = {.name = "cold", .settled = true, .images = &g->images};
    struct series series;
    bool settled = true;
    cold.begin.time_ns = g->clock.start_ns;
    TRY(series_parse(g->o->then, &series));
    TRY(generation_run(g, true));
    TRY(generation_write(g, false));
    cold.end = usage_end();
    phase_clock_stop(&g->clock, cold.end.time_ns);
    cold.after = conditions_now();
    cold.clock = g->clock;
    cold.write_ns = g->clock.phase[PHASE_write].time_ns;
    TRY(report_pipeline(g->o->phases, g->sd));
    TRY(report_mapped(g->o->phases));
    TRY(report_sample(g->o->phases, &cold));
    for (int i = 0; i < series.items; i++)
        TRY(run_item(g, &series.item[i], &settled));
    return g->traced ? traced_report(g->traced, g) : OK;
}
