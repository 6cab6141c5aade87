/* What a reader should know before believing the figures. */
#include <stdlib.h>
#include <string.h>

#include "bench/measure/foreign.h"
#include "bench/measure/table.h"
#include "bench/rules/series_checks.h"

/* This share of a cold start may be in no phase before a note says so. */
#define UNACCOUNTED_SHARE 0.03

/* Samples of a state that were disturbed: by others' load, of which the worst is told, or by what the first one says.
 */
static void add_disturbed(const struct variant_result *v, enum state_id state, struct text *out)
{
    int disturbed, n = variant_count(v, state, &disturbed);
    double largest = 0;
    for (int i = 0; i < v->samples; i++)
        if (v->sample[i].state == state && v->sample[i].foreign_share > largest)
            largest = v->sample[i].foreign_share;
    if (!disturbed)
        return;
    text_add(out, "! %s, %s: %d of %d sample%s disturbed (", v->variant->title, state_rows[state].name, disturbed, n,
             n == 1 ? "" : "s");
    if (largest > FOREIGN_LIMIT || !v->disturbed_reason[state])
        text_add(out, "others used at most %.1f %% of the machine, the limit is %.0f %%", 100 * largest,
                 100 * FOREIGN_LIMIT);
    else
        text_add(out, "%s", v->disturbed_reason[state]);
    text_add(out, "): times may be too long\n");
}

/* Silence would read as a quiet machine. */
static void add_unjudged(const struct bench_result *r, struct text *out)
{
    int samples = 0, unjudged = 0;
    for (int i = 0; i < r->variants; i++)
        for (int k = 0; k < r->variant[i].samples; k++) {
            samples++;
            unjudged += !r->variant[i].sample[k].judged;
        }
    if (unjudged)
        text_add(out,
                 "note: %d of %d samples: not known whether others disturbed them (their records say why; mostly: too "
                 "short for the kernel's ticks)\n",
                 unjudged, samples);
}

static void add_unaccounted(const struct variant_result *v, struct text *out)
{
    const struct start_details *d = variant_median_start(v, STATE_C2);
    if (d && (double)d->unaccounted_ns > UNACCOUNTED_SHARE * (double)d->time_ns)
        text_add(out, "warning: %s: %.1f %% of its cold start are in no phase (more than %.0f %%)\n", v->variant->title,
                 100 * (double)d->unaccounted_ns / (double)d->time_ns, 100 * UNACCOUNTED_SHARE);
}

/* Drift, two modes, outliers and the like, over the order in which the processes were measured. */
static struct err add_findings(const struct variant_result *v, enum state_id state, struct text *out)
{
    struct finding finding[SERIES_CHECKS];
    int n;
    double *value = variant_values(v, state, AS_MEASURED, &n, NULL);
    if (!value)
        return err_fail("out of memory for statistics");
    struct err e = series_findings(value, n, finding);
    for (int i = 0; i < SERIES_CHECKS && !e.code; i++)
        if (!finding[i].ok)
            text_add(out, "note: %s, %s: %s\n", v->variant->title, state_rows[state].name, finding[i].text);
    free(value);
    return e;
}

static struct err add_variant(const struct variant_result *v, struct text *out)
{
    for (int i = 0; i < STATE_COUNT; i++)
        add_disturbed(v, (enum state_id)i, out);
    add_unaccounted(v, out);
    if (v->unsettled)
        text_add(out, "note: %s: UNSETTLED: %d warm samples were taken before their process had settled\n",
                 v->variant->title, v->unsettled);
    TRY(add_findings(v, STATE_C2, out));
    TRY(add_findings(v, STATE_W1, out));
    if (v->facts.device.other_processes > 0)
        text_add(out, "note: %s: other processes used the device: %d\n", v->variant->title,
                 v->facts.device.other_processes);
    return OK;
}

static void add_harness(const struct bench_result *r, struct text *out)
{
    if (r->harness_pairs)
        text_add(out,
                 "harness: it costs %.2f us in a warm run, %.2f %% of one of 1 ms (median of %d pairs with and "
                 "without)\n",
                 (double)r->harness_ns * 1e-3, (double)r->harness_ns * 1e-4, r->harness_pairs);
}

struct err table_notes(const struct bench_result *r, struct text *out)
{
    if (r->stopped)
        text_add(out, "note: fewer samples than planned: %s\n", r->stopped);
    for (int i = 0; i < r->variants; i++)
        if (!r->variant[i].absent)
            TRY(add_variant(&r->variant[i], out));
    table_sensed(r, out);
    add_unjudged(r, out);
    add_harness(r, out);
    return OK;
}

/* The default schedule's other states are worth a row that says INVALID, not a failure: whose libraries belong to
 * somebody else, say, cannot verify that they were evicted. */
struct err table_verdict(const struct bench_result *r)
{
    for (int i = 0; i < r->variants; i++)
        for (int k = 0; k < STATE_COUNT; k++) {
            const struct variant_result *v = &r->variant[i];
            int disturbed;
            bool matters = k == STATE_C2 || k == STATE_W1 || r->job.options->states;
            if (matters && r->schedule.count[k] && !v->absent && !r->stopped &&
                !variant_count(v, (enum state_id)k, &disturbed))
                return err_make(ERR_INVALID, "%s, %s: not a valid measurement: %s", v->variant->name,
                                state_rows[k].name,
                                v->invalid_reason[k] ? v->invalid_reason[k] : "no sample was taken");
        }
    return OK;
}
