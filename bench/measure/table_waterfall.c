#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/measure/table.h"
#include "bench/measure/time_text.h"

enum { BAR = 32 };

/* Phases in the order of their first entry; the rest comes last. */
struct steps {
    int phase[PHASE_COUNT];
    int count;
};

static struct steps steps_of(const struct start_details *d)
{
    struct steps s = {0};
    for (int p = 0; p < PHASE_COUNT; p++)
        if (d->phase[p].entries) {
            int at = s.count++;
            for (; at && d->phase[s.phase[at - 1]].begin_ns > d->phase[p].begin_ns; at--)
                s.phase[at] = s.phase[at - 1];
            s.phase[at] = p;
        }
    return s;
}

/* Medians and ranges over all starts of the state, of a phase or (PHASE_NONE) of what is in none. */
static struct err summarize(const struct variant_result *v, enum state_id state, int phase, struct summary *out)
{
    double *value = calloc((size_t)v->samples + 1, sizeof *value);
    int n = 0;
    if (!value)
        return err_fail("out of memory for statistics");
    for (int i = 0; i < v->samples; i++)
        if (v->sample[i].state == state && v->sample[i].start >= 0) {
            const struct start_details *d = &v->start[v->sample[i].start];
            value[n++] = (double)(phase == PHASE_NONE ? d->unaccounted_ns : d->phase[phase].time_ns);
        }
    sort_ascending(value, n);
    *out = summary_of(value, n);
    free(value);
    return OK;
}

/* A bar from `from` to `to` of `total`, at least a hair wide. */
static const char *bar(int64_t from, int64_t to, int64_t total, char out[BAR + 1])
{
    int a = total > 0 ? (int)(from * BAR / total) : 0, b = total > 0 ? (int)((to * BAR + total - 1) / total) : 0;
    memset(out, ' ', BAR);
    out[BAR] = 0;
    a = a >= BAR ? BAR - 1 : a;
    b = b <= a ? a + 1 : b > BAR ? BAR : b;
    memset(out + a, to - from < total / (2 * BAR) ? '|' : '#', (size_t)(b - a));
    return out;
}

/* Under the phase that reads the checkpoint. */
static void add_reading(const struct phase_time *t, int phase, struct text *out)
{
    if (phase == PHASE_read && t->bytes && t->time_ns)
        text_add(out, "                  %.2f GB at %.1f GB/s; page faults: %lld, and %lld that waited for the disk\n",
                 (double)t->bytes * 1e-9, (double)t->bytes / (double)t->time_ns, (long long)t->minor_faults,
                 (long long)t->major_faults);
}

static struct err add_step(const struct variant_result *v, enum state_id state, const struct start_details *d,
                           int phase, int64_t *at, struct text *out)
{
    const char *title = phase == PHASE_NONE ? "unaccounted" : phases[phase].title;
    int64_t ns = phase == PHASE_NONE ? d->unaccounted_ns : d->phase[phase].time_ns;
    struct summary s;
    char line[BAR + 1], time[TIME_TEXT], cell[CELL_TEXT];
    TRY(summarize(v, state, phase, &s));
    text_add(out, "%-16s %s %9s %5.1f %%  %-23s", title, bar(*at, *at + ns, d->time_ns, line),
             time_text((double)ns, time), d->time_ns ? 100 * (double)ns / (double)d->time_ns : 0,
             s.n > 1 ? table_cell(&s, 0, cell) : "");
    while (out->length && out->bytes[out->length - 1] == ' ')
        out->length--;
    text_add(out, "\n");
    if (phase != PHASE_NONE)
        add_reading(&d->phase[phase], phase, out);
    *at += ns;
    return OK;
}

static struct err add_waterfall(const struct variant_result *v, enum state_id state, struct text *out)
{
    const struct start_details *d = variant_median_start(v, state);
    if (!d)
        return OK;
    struct steps s = steps_of(d);
    struct summary total;
    char time[TIME_TEXT];
    int64_t at = 0;
    TRY(variant_summary(v, state, AS_MEASURED, &total));
    text_add(out, "\n%s, %s, the %s: %s; peak memory %.2f GB%s\n", v->variant->title, state_rows[state].name,
             total.n > 1 ? "median sample" : "one sample", time_text((double)d->time_ns, time),
             (double)v->peak_bytes * 1e-9, total.n > 1 ? " | medians do not add up" : "");
    for (int i = 0; i < s.count; i++)
        TRY(add_step(v, state, d, s.phase[i], &at, out));
    return add_step(v, state, d, PHASE_NONE, &at, out);
}

/* Of the headline, or where there is none of the first state that has starts. */
struct err table_waterfalls(const struct bench_result *r, struct text *out)
{
    for (int i = 0; i < r->variants; i++) {
        int disturbed;
        enum state_id state = STATE_C2;
        for (int s = 0; s < STATE_COUNT && !variant_count(&r->variant[i], state, &disturbed); s++)
            state = (enum state_id)s;
        TRY(add_waterfall(&r->variant[i], state, out));
    }
    return OK;
}
