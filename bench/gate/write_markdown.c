#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/gate/gate.h"
#include "bench/record/command_line.h"
#include "bench/version.h"

enum { MAX_LINES = MAX_GATED * COUNTER_FIELDS, CHECK_TEXT = 96 };

/* A report, and the texts that it points to. */
struct writing {
    struct gate_report report;
    struct gate_check check[2 * MAX_GATED];
    struct gate_row row[MAX_GATED];
    struct gate_counter counter[MAX_LINES];
    struct gate_replaced replaced[MAX_GATED];
    char value[2 * MAX_GATED][CHECK_TEXT], limit[2 * MAX_GATED][CHECK_TEXT], hash[2 * MAX_GATED][24];
    struct text command, machine, software;
};

static void add_check(struct writing *w, const char *name, bool holds)
{
    int i = w->report.checks++;
    w->check[i] = (struct gate_check){name, w->value[i], w->limit[i], holds};
}

static void add_checks(struct writing *w, const struct gated *v)
{
    const struct session_set *s = &v->session->set[0];
    int i = w->report.checks;
    double control = change_of(s->d_control.estimate), margin = change_of(s->margin);
    snprintf(w->value[i], CHECK_TEXT, "%s: %+.2f %%", v->variant->name, 100 * control);
    snprintf(w->limit[i], CHECK_TEXT, "at most %.2f %%", 100 * margin);
    add_check(w, "control: the base against itself", fabs(control) <= margin);
    i = w->report.checks;
    snprintf(w->value[i], CHECK_TEXT, "%s: %d of %d", v->variant->name, s->usable, s->planned);
    snprintf(w->limit[i], CHECK_TEXT, "at least %d", FEWEST_ROUNDS);
    add_check(w, "usable rounds", s->usable >= FEWEST_ROUNDS);
}

static void add_row(struct writing *w, const struct gated *v)
{
    const struct session_result *s = v->session;
    struct gate_row *r = &w->row[w->report.rows++];
    *r = (struct gate_row){.variant = v->variant->name,
                           .row = "warm",
                           .base_ns = NAN,
                           .new_ns = NAN,
                           .change = NAN,
                           .low = NAN,
                           .high = NAN,
                           .floor = v->floors.share,
                           .control = NAN,
                           .verdict = verdict_words[gate_verdict(v)].name,
                           .reason = s           ? s->reason
                                     : v->absent ? v->absent
                                                 : v->verdict_text};
    if (!s)
        return;
    r->base_ns = s->set[0].base_ns;
    r->new_ns = s->set[0].new_ns;
    r->change = s->change;
    r->low = s->low;
    r->high = s->high;
    r->floor = change_of(s->set[0].margin);
    r->control = change_of(s->set[0].d_control.estimate);
    r->rounds = s->set[0].usable;
    add_checks(w, v);
}

static void add_plans(struct writing *w, const struct gated *v)
{
    for (int i = 0; i < v->blessed.changes; i++) {
        const struct counter_change *c = &v->blessed.change[i];
        w->counter[w->report.counters++] = (struct gate_counter){v->variant->name, c->field, c->before, c->after};
    }
    if (!v->replaced)
        return;
    int i = w->report.replacements++;
    snprintf(w->hash[2 * i], 24, "%016" PRIx64, v->row[SIDE_BASE].facts.choice_hash);
    snprintf(w->hash[2 * i + 1], 24, "%016" PRIx64, v->row[SIDE_NEW].facts.choice_hash);
    w->replaced[i] = (struct gate_replaced){v->variant->name, w->hash[2 * i], w->hash[2 * i + 1]};
}

static void add_command(struct text *out)
{
    cJSON *words = command_line_words();
    const cJSON *word;
    cJSON_ArrayForEach(word, words) text_add(out, "%s%s", out->length ? " " : "", word->valuestring);
    cJSON_Delete(words);
}

static void fill(struct writing *w, const struct gate *g, struct err conclusion)
{
    struct machine machine = machine_describe();
    const char *description = g->gated[0].row[SIDE_NEW].facts.description;
    add_command(&w->command);
    text_add(&w->machine, "%s, %d cores, %s", machine.cpu, machine.cores, machine.kernel);
    text_add(&w->software, "%s; sdbench %s", description, SDBENCH_VERSION);
    w->report = (struct gate_report){.code = (int)conclusion.code & 0xff,
                                     .reason = conclusion.text,
                                     .base = g->base.title,
                                     .new = g->new.title,
                                     .workload = g->result.job.workload.name,
                                     .backend = g->result.job.backend,
                                     .check = w->check,
                                     .row = w->row,
                                     .counter = w->counter,
                                     .replaced = w->replaced,
                                     .command = text_get(&w->command),
                                     .environment = {text_get(&w->machine), text_get(&w->software)}};
    for (int i = 0; i < g->variants; i++) {
        add_row(w, &g->gated[i]);
        add_plans(w, &g->gated[i]);
    }
}

struct err gate_write_markdown(struct gate *g, struct err conclusion)
{
    struct writing *w = calloc(1, sizeof *w);
    struct text text = {0};
    if (!w)
        return err_fail("out of memory");
    fill(w, g, conclusion);
    gate_markdown(&w->report, &text);
    struct err e = run_folder_write(&g->folder, "gate.md", text_get(&text), text.length);
    text_free(&text);
    text_free(&w->command);
    text_free(&w->machine);
    text_free(&w->software);
    free(w);
    return e;
}
