#include <stdio.h>

#include "bench/measure/table.h"
#include "bench/measure/time_text.h"

static struct err add_row(const struct variant_result *v, enum state_id state, const char *title, struct text *out)
{
    struct summary with, without;
    char a[CELL_TEXT], b[CELL_TEXT];
    int disturbed, n = variant_count(v, state, &disturbed);
    if (v->absent && !n)
        return OK;
    if (!n) {
        text_add(out, "%-28s %-17s INVALID: %s\n", title, v->variant->title,
                 v->invalid_reason[state] ? v->invalid_reason[state] : "no sample was taken");
        return OK;
    }
    TRY(variant_summary(v, state, WITH_WRITE, &with));
    TRY(variant_summary(v, state, WITHOUT_WRITE, &without));
    text_add(out, "%-28s %-17s %3d %-24s %s\n", title, v->variant->title, n, table_cell(&with, disturbed, a),
             table_cell(&without, disturbed, b));
    if (v->invalid_reason[state])
        text_add(out, "%-28s %-17s more of them are INVALID: %s\n", "", "", v->invalid_reason[state]);
    return OK;
}

/* The worst of all its starts: what was verified before each. */
struct worst {
    double weights, libraries;
    int plans, jit;
    bool any;
};

static double worse(double a, double b, bool evicted)
{
    return a < 0 ? b : b < 0 ? a : evicted == (b > a) ? b : a;
}

static struct worst worst_of(const struct bench_result *r, enum state_id state)
{
    struct worst w = {-1, -1, -1, -1, false};
    bool evicted = state_rows[state].disk == DISK_EVICTED;
    for (int i = 0; i < r->variants; i++)
        for (int k = 0; k < r->variant[i].samples; k++) {
            const struct kept_sample *s = &r->variant[i].sample[k];
            if (s->state != state || s->start < 0)
                continue;
            const struct state_evidence *e = &r->variant[i].start[s->start].evidence;
            w.weights = worse(w.weights, e->weights_resident, evicted);
            w.libraries = worse(w.libraries, e->libraries_resident, evicted);
            w.plans = e->plan_files > w.plans ? e->plan_files : w.plans;
            w.jit = e->jit_files > w.jit ? e->jit_files : w.jit;
            w.any = true;
        }
    return w;
}

static void add_evidence(const struct bench_result *r, enum state_id state, struct text *out)
{
    struct worst w = worst_of(r, state);
    if (state_rows[state].live || !w.any || w.weights < 0)
        return;
    text_add(out, "   verified before each: at %s %.1f %% of the weights",
             state_rows[state].disk == DISK_EVICTED ? "most" : "least", 100 * w.weights);
    if (w.libraries >= 0)
        text_add(out, " and %.1f %% of the libraries", 100 * w.libraries);
    text_add(out, " in memory");
    if (w.plans >= 0)
        text_add(out, ", %d plan file%s", w.plans, w.plans == 1 ? "" : "s");
    if (w.jit >= 0)
        text_add(out, ", %d compiled", w.jit);
    text_add(out, "\n");
}

struct err table_states(const struct bench_result *r, struct text *out)
{
    text_add(out, "\n%-28s %-17s %3s %-24s %s\n", "all states", "", "n", "with the write", "without");
    for (int i = 0; i < STATE_COUNT; i++) {
        enum state_id state = (enum state_id)i;
        char title[64];
        if (*r->left_out[i])
            text_add(out, "%s %s: %s\n", state_rows[i].name, state_rows[i].title, r->left_out[i]);
        snprintf(title, sizeof title, "%s %s", state_rows[i].name, state_rows[i].title);
        for (int k = 0; k < r->variants && r->schedule.count[i]; k++) {
            TRY(add_row(&r->variant[k], state, title, out));
            if (!r->variant[k].absent)
                *title = 0;
        }
        if (r->schedule.count[i])
            add_evidence(r, state, out);
    }
    return OK;
}
