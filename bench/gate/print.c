/* What a gate says: a table for a terminal, gate.md for a pull request, JSON, and records. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/gate/advice.h"
#include "bench/gate/gate.h"
#include "bench/json.h"
#include "bench/measure/time_text.h"

static int rounds_of(const struct gated *v)
{
    return v->session ? v->session->set[0].usable : 0;
}

/* "base at the power cap 3 %, 1755 MHz, 12.3 J an image"; nothing where nothing is known. */
static void print_sensed(const char *side, const struct variant_sensed *s)
{
    const double share = arm_share(&s->arm), hz = sensed_clock_hz(s), mj = sensed_image_mj(s);
    if (!isfinite(share) && !isfinite(mj))
        return;
    printf("%16s %s:", "", side);
    if (isfinite(share))
        printf(" at the power cap for %.0f %% of its warm time", 100 * share);
    if (isfinite(share) && isfinite(hz))
        printf(", %.0f MHz in the median", hz * 1e-6);
    if (isfinite(mj))
        printf("%s %.4g J an image", isfinite(share) ? "," : "", mj * 1e-3);
    printf("\n");
}

static void print_row(const struct gated *v)
{
    const struct session_result *s = v->session;
    char base[TIME_TEXT], new[TIME_TEXT], change[64], control[32];
    const char *word = verdict_words[gate_verdict(v)].name;
    if (!s) {
        printf("%-16s %s: %s\n", v->variant->name, v->absent ? "not here" : word,
               v->absent ? v->absent : v->verdict_text);
        return;
    }
    snprintf(change, sizeof change, "%+.2f %% [%+.2f, %+.2f]", 100 * s->change, 100 * s->low, 100 * s->high);
    snprintf(control, sizeof control, "%+.2f %%", 100 * change_of(s->set[0].d_control.estimate));
    printf("%-16s %10s %10s  %-26s %6.2f %% %9s %4d  %s\n", v->variant->name, time_text(s->set[0].base_ns, base),
           time_text(s->set[0].new_ns, new), change, 100 * change_of(s->set[0].margin), control, rounds_of(v), word);
    printf("%16s %s\n", "", s->reason);
    for (int side = SIDE_BASE; side <= SIDE_NEW; side++)
        print_sensed(v->row[side].side, &v->row[side].sensed);
    if (v->foreign.known)
        printf("%16s others used %.1f %% of the machine meanwhile\n", "", 100 * v->foreign.share);
}

static void print_advice(const struct gated *v)
{
    struct advice a;
    char base[TIME_TEXT], new[TIME_TEXT];
    struct err e = v->session ? advice_make(&v->row[SIDE_BASE], &v->row[SIDE_NEW], &a) : err_fail("nothing");
    for (int i = 0; !e.code && i < a.rows; i++) {
        const struct advice_row *r = &a.row[i];
        if (!i)
            printf("\n%s: cold starts of the same rounds, for information (q: share of false findings)\n",
                   v->variant->name);
        printf("  %-18s %10s %10s  %+7.2f %% [%+.2f, %+.2f]  q %.3f%s\n", r->title, time_text(r->base_ns, base),
               time_text(r->new_ns, new), 100 * change_of(r->d.estimate), 100 * change_of(r->d.low),
               100 * change_of(r->d.high), r->q, r->q <= 0.05 ? "  *" : "");
    }
    err_free(&e);
}

void gate_print_counters(const struct gate *g, const struct gated *v)
{
    const struct counters_verdict *b = &v->blessed;
    if (!v->row[SIDE_NEW].told)
        return;
    if (b->state == COUNTERS_NEW)
        printf("%s: counters: none are blessed for this library%s\n", v->variant->name,
               g->o->bless ? "" : " (--bless)");
    else
        printf("%s: counters: %s%s\n", v->variant->name, b->state == COUNTERS_CHANGED ? "CHANGED" : "as blessed",
               b->state == COUNTERS_CHANGED && !g->o->bless ? ": explain that, or accept them with --bless" : "");
    for (int i = 0; i < b->changes; i++)
        printf("  %-14s %s > %s\n", b->change[i].field, b->change[i].before, b->change[i].after);
    if (v->replaced)
        printf("%s: REPLACED: other kernels were chosen than on the base\n", v->variant->name);
}

static void print_table(const struct gate *g)
{
    const struct job *job = &g->result.job;
    printf("gate: %s against %s\n", g->new.title, g->base.title);
    printf("%s on %s, %d images %dx%d, %d steps; warm samples, order seed %llu%s\n", job->workload.name, job->backend,
           job->workload.images, job->workload.width, job->workload.height, job->workload.steps,
           (unsigned long long)g->seed, g->o->canary > 0 ? "; CANARY: the new side is slowed down" : "");
    printf("\n%-16s %10s %10s  %-26s %8s %9s %4s  %s\n", "warm", "base", "new", "change [97.5 % interval]", "floor",
           "control", "n", "verdict");
    for (int i = 0; i < g->variants; i++)
        print_row(&g->gated[i]);
    for (int i = 0; i < g->variants; i++)
        print_advice(&g->gated[i]);
    printf("\n");
    if (g->result.sensors_unknown)
        printf("note: sensors: unknown: %s\n", g->result.sensors_unknown);
    for (int i = 0; i < g->variants; i++)
        gate_print_counters(g, &g->gated[i]);
}

/* What was measured of one set of rounds, for the record. */
static cJSON *set_json(const struct session_result *s, int set)
{
    const struct session_set *t = &s->set[set];
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "verdict", verdict_words[t->verdict].name);
    cJSON_AddStringToObject(object, "reason", t->reason);
    cJSON_AddNumberToObject(object, "rounds_planned", t->planned);
    cJSON_AddNumberToObject(object, "rounds_usable", t->usable);
    cJSON_AddBoolToObject(object, "extended", t->extended);
    if (t->d.known) {
        json_add_count(object, "base_ns", (uint64_t)t->base_ns);
        json_add_count(object, "new_ns", (uint64_t)t->new_ns);
        cJSON_AddNumberToObject(object, "change_ratio", change_of(t->d.estimate));
        cJSON_AddNumberToObject(object, "low_ratio", change_of(t->d.low));
        cJSON_AddNumberToObject(object, "high_ratio", change_of(t->d.high));
        cJSON_AddNumberToObject(object, "floor_ratio", change_of(t->margin));
        cJSON_AddNumberToObject(object, "control_ratio", change_of(t->d_control.estimate));
    }
    if (t->sign_flip.known)
        cJSON_AddNumberToObject(object, "sign_flip_p_ratio", t->sign_flip.p);
    cJSON *d = cJSON_AddArrayToObject(object, "log_ratios"),
          *control = cJSON_AddArrayToObject(object, "control_log_ratios");
    for (int i = 0; i < s->rounds; i++)
        if (s->round[i].set == set && s->round[i].usable) {
            cJSON_AddItemToArray(d, cJSON_CreateNumber(s->round[i].d_new));
            cJSON_AddItemToArray(control, cJSON_CreateNumber(s->round[i].d_control));
        }
    return object;
}

static void add_known(cJSON *object, const char *side, const char *name, double value)
{
    char field[64];
    snprintf(field, sizeof field, "%s_%s", side, name);
    if (isfinite(value))
        cJSON_AddNumberToObject(object, field, value);
}

static void add_sensed(cJSON *object, const struct gated *v)
{
    for (int side = SIDE_BASE; side <= SIDE_NEW && v->session; side++) {
        const struct variant_sensed *s = &v->row[side].sensed;
        add_known(object, v->row[side].side, "power_cap_share", arm_share(&s->arm));
        add_known(object, v->row[side].side, "clock_hz", sensed_clock_hz(s));
        add_known(object, v->row[side].side, "image_energy_mj", sensed_image_mj(s));
    }
}

static void add_verdict(cJSON *object, const struct gated *v)
{
    static const char *const states[] = {"equal", "changed", "new"};
    cJSON_AddStringToObject(object, "verdict", verdict_words[gate_verdict(v)].name);
    cJSON_AddStringToObject(object, "reason",
                            v->session  ? v->session->reason
                            : v->absent ? v->absent
                                        : v->verdict_text);
    cJSON_AddStringToObject(object, "row", "warm");
    cJSON_AddBoolToObject(object, "calibrated", v->calibrated);
    cJSON_AddNumberToObject(object, "samples_a_process", v->warm_each);
    if (v->session && v->foreign.known) {
        cJSON_AddNumberToObject(object, "foreign_share", v->foreign.share);
        cJSON_AddNumberToObject(object, "stolen_share", v->foreign.stolen_share);
    }
    add_sensed(object, v);
    cJSON *sets = cJSON_AddArrayToObject(object, "sets");
    for (int i = 0; v->session && i < v->session->sets; i++)
        cJSON_AddItemToArray(sets, set_json(v->session, i));
    if (!v->row[SIDE_NEW].told)
        return;
    cJSON_AddStringToObject(object, "counters", states[v->blessed.state]);
    cJSON_AddBoolToObject(object, "replaced", v->replaced);
    cJSON_AddBoolToObject(object, "outputs_differ", v->outputs_differ);
}

struct err gate_record(struct gate *g)
{
    for (int i = 0; i < g->variants; i++) {
        const struct gated *v = &g->gated[i];
        cJSON *record = record_of(&g->folder, &g->result.job, "verdict", v->variant->name, &v->row[SIDE_NEW].facts);
        add_verdict(record, v);
        TRY(run_folder_append(&g->folder, record));
    }
    return OK;
}

static struct err print_json(const struct gate *g, struct err conclusion)
{
    cJSON *json = cJSON_CreateObject(), *rows = cJSON_AddArrayToObject(json, "rows");
    cJSON_AddNumberToObject(json, "code", conclusion.code);
    cJSON_AddStringToObject(json, "base", g->base.title);
    cJSON_AddStringToObject(json, "new", g->new.title);
    cJSON_AddStringToObject(json, "folder", g->folder.path);
    for (int i = 0; i < g->variants; i++) {
        cJSON *row = cJSON_CreateObject();
        cJSON_AddStringToObject(row, "variant", g->gated[i].variant->name);
        add_verdict(row, &g->gated[i]);
        cJSON_AddItemToArray(rows, row);
    }
    return json_print(json);
}

struct err gate_print(const struct gate *g, struct err conclusion)
{
    if (g->o->json)
        return print_json(g, conclusion);
    print_table(g);
    printf("records: %s\n", g->folder.path);
    return OK;
}
