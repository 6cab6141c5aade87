#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/compare/compare_profiles.h"
#include "bench/compare/comparison.h"
#include "bench/json.h"
#include "bench/measure/time_text.h"
#include "bench/verbs.h"
#include "pipeline/base/file.h"
#include "variants/variant.h"

/* A side, as it is named: a folder, or FOLDER:VARIANT. */
struct named {
    char *path, *variant; /* malloc'ed; variant may be NULL */
    struct measured_run run;
};

enum { MAX_ROWS = 4 * MAX_MEASURED };

struct comparing {
    struct named base, new;
    struct comparison row[MAX_ROWS];
    int rows;
    bool same_run;
    struct text notes;
};

static struct err name_side(const char *text, struct named *out)
{
    const char *colon = strrchr(text, ':');
    const struct variant *found;
    bool has_variant = colon && !file_exists(text);
    out->path = has_variant ? strndup(text, (size_t)(colon - text)) : strdup(text);
    out->variant = has_variant ? strdup(colon + 1) : NULL;
    if (!out->path || (has_variant && !out->variant))
        return err_fail("out of memory");
    if (has_variant)
        TRY(err_wrap(variant_find(out->variant, &found), "%s", text));
    TRY(measured_run_read(out->path, &out->run));
    if (has_variant && !measured_find(&out->run, out->variant, NULL))
        return err_fail("%s: the run has no variant %s", out->path, out->variant);
    return OK;
}

static void note_run(struct text *notes, const char *name, const struct named *n)
{
    text_add(notes, "%s: %s, %s", name, n->run.run, *n->run.summary.status ? n->run.summary.status : "no end record");
    size_t before = notes->length;
    text_add(notes, "; ");
    records_missing_text(&n->run.summary, notes);
    if (notes->length == before + 2)
        notes->bytes[notes->length = before] = 0;
    text_add(notes, "\n");
}

/* What else differs, or must not: choices, and what was computed with the same ones. */
static void note_outputs(struct text *notes, const struct measured_variant *a, const struct measured_variant *b)
{
    bool same_graph = !strcmp(a->graph_hash, b->graph_hash), same_choice = !strcmp(a->choice_hash, b->choice_hash);
    if (strcmp(a->name, b->name))
        return;
    if (!same_graph)
        text_add(notes, "%s: another graph (%s, %s)\n", a->name, a->graph_hash, b->graph_hash);
    else if (!same_choice)
        text_add(notes, "%s: REPLACED: other kernels were chosen (%s, %s)\n", a->name, a->choice_hash, b->choice_hash);
    else if (*a->latents_hash && *b->latents_hash && strcmp(a->latents_hash, b->latents_hash))
        text_add(notes, "%s: with the same graph and kernels other latents came out\n", a->name);
}

static bool has(const struct measured_variant *v, enum state_id state)
{
    return v && v->state[state].n;
}

/* Warm starts are always told: without any there is nothing to go by. */
static struct err add_pair(struct comparing *c, const struct measured_variant *base, const struct measured_variant *new,
                           struct floors floors)
{
    static const enum state_id shown[] = {STATE_W1, STATE_C2};
    if (base && new) {
        TRY(comparison_check_devices(base, new));
        note_outputs(&c->notes, base, new);
    }
    for (size_t i = 0; i < ARRAY_LEN(shown) && c->rows < MAX_ROWS; i++)
        if (shown[i] == STATE_W1 || has(base, shown[i]) || has(new, shown[i]))
            TRY(comparison_make(base, new, c->same_run, shown[i], floors, &c->row[c->rows++]));
    return OK;
}

/* Variants that were named; else each of both runs with its namesake. */
static struct err add_pairs(struct comparing *c, struct floors floors)
{
    const struct measured_run *a = &c->base.run, *b = &c->new.run;
    if (c->base.variant || c->new.variant) {
        const char *x = c->base.variant ? c->base.variant : c->new.variant;
        const char *y = c->new.variant ? c->new.variant : c->base.variant;
        return add_pair(c, measured_find(a, x, NULL), measured_find(b, y, NULL), floors);
    }
    for (int i = 0; i < a->variants; i++)
        TRY(add_pair(c, &a->variant[i], measured_find(b, a->variant[i].name, a->variant[i].side), floors));
    for (int i = 0; i < b->variants; i++)
        if (!measured_find(a, b->variant[i].name, b->variant[i].side))
            TRY(add_pair(c, NULL, &b->variant[i], floors));
    return OK;
}

static void print_row(const struct comparison *r)
{
    char base[TIME_TEXT], new[TIME_TEXT], change[64] = "-", names[64];
    bool same = !strcmp(r->base_title, r->new_title) || !*r->base_title || !*r->new_title;
    snprintf(names, sizeof names, "%s%s%s", *r->base_title ? r->base_title : r->new_title, same ? "" : " > ",
             same ? "" : r->new_title);
    if (isfinite(r->low) && isfinite(r->high) && r->base_n && r->new_n)
        snprintf(change, sizeof change, "%+.2f %% [%+.2f, %+.2f]", 100 * r->change, 100 * r->low, 100 * r->high);
    printf("%-24s %-2s %3d, %-3d %10s %10s  %-25s %s\n", names, state_rows[r->state].name, r->base_n, r->new_n,
           r->base_n ? time_text(r->base_ns, base) : "-", r->new_n ? time_text(r->new_ns, new) : "-", change,
           verdict_words[r->verdict].name);
}

static void print_side(const char *name, const struct measured_sensed *s)
{
    if (!s->arm.samples && !s->energies)
        return;
    printf("%-24s %s:", "", name);
    if (s->arm.samples)
        printf(" at the power cap for %.0f %% of the time", 100 * arm_share(&s->arm));
    if (s->arm.samples && s->clocks)
        printf(", %.0f MHz", 1e-6 * s->clock_hz_sum / s->clocks);
    if (s->energies)
        printf("%s %.4g J an image", s->arm.samples ? "," : "", 1e-3 * s->energy_mj_sum / s->energies);
    printf("\n");
}

/* Under the row that it bears on. */
static void print_sensed(const struct comparison *r)
{
    print_side("base", &r->base_sensed);
    print_side("new", &r->new_sensed);
}

static void print_table(const struct comparing *c, struct floors floors)
{
    printf("%s", text_get(&c->notes));
    printf("%sa change counts from %.1f %% and %.1f ms on\n\n",
           c->same_run ? "one run, compared round by round; "
                       : "two runs, one after the other: what the machine did between them is in the change\n"
                         "(gate takes turns); ",
           100 * floors.share, floors.ns * 1e-6);
    printf("%-24s %-2s %8s %10s %10s  %-25s %s\n", "variant", "", "samples", "base", "new", "change [95 % interval]",
           "verdict");
    for (int i = 0; i < c->rows; i++) {
        print_row(&c->row[i]);
        print_sensed(&c->row[i]);
    }
}

static void add_sensed(cJSON *row, const char *side, const struct measured_sensed *s)
{
    char name[64];
    snprintf(name, sizeof name, "%s_power_cap_share", side);
    if (s->arm.samples)
        cJSON_AddNumberToObject(row, name, arm_share(&s->arm));
    snprintf(name, sizeof name, "%s_clock_hz", side);
    if (s->clocks)
        cJSON_AddNumberToObject(row, name, s->clock_hz_sum / s->clocks);
    snprintf(name, sizeof name, "%s_image_energy_mj", side);
    if (s->energies)
        cJSON_AddNumberToObject(row, name, s->energy_mj_sum / s->energies);
}

static struct err print_json(const struct comparing *c)
{
    cJSON *json = cJSON_CreateObject(), *rows = cJSON_AddArrayToObject(json, "rows");
    cJSON_AddBoolToObject(json, "paired", c->same_run);
    for (int i = 0; i < c->rows; i++) {
        const struct comparison *r = &c->row[i];
        cJSON *row = cJSON_CreateObject();
        cJSON_AddItemToArray(rows, row);
        cJSON_AddStringToObject(row, "base_variant", r->base_title);
        cJSON_AddStringToObject(row, "new_variant", r->new_title);
        cJSON_AddStringToObject(row, "state", state_rows[r->state].name);
        cJSON_AddStringToObject(row, "verdict", verdict_words[r->verdict].name);
        cJSON_AddStringToObject(row, "reason", r->reason);
        cJSON_AddNumberToObject(row, "base_processes", r->base_n);
        cJSON_AddNumberToObject(row, "new_processes", r->new_n);
        add_sensed(row, "base", &r->base_sensed);
        add_sensed(row, "new", &r->new_sensed);
        if (!isfinite(r->low) || !isfinite(r->high) || !r->base_n || !r->new_n)
            continue;
        json_add_count(row, "base_ns", (uint64_t)r->base_ns);
        json_add_count(row, "new_ns", (uint64_t)r->new_ns);
        cJSON_AddNumberToObject(row, "change_ratio", r->change);
        cJSON_AddNumberToObject(row, "low_ratio", r->low);
        cJSON_AddNumberToObject(row, "high_ratio", r->high);
        cJSON_AddNumberToObject(row, "floor_ratio", r->margin);
    }
    return json_print(json);
}

/* Warm times decide; of a cold start only what is certain does: there are often few. */
static struct err conclude(const struct comparing *c)
{
    enum err_code code = ERR_NONE;
    const struct comparison *why = NULL;
    for (int i = 0; i < c->rows; i++) {
        const struct comparison *r = &c->row[i];
        enum err_code own = verdict_words[r->verdict].exit;
        if (r->state != STATE_W1 && own != ERR_MISMATCH)
            continue;
        if (worst_exit(code, own) != code) {
            code = own;
            why = r;
        }
    }
    return code ? err_make(code, "%s, %s: %s: %s", *why->new_title ? why->new_title : why->base_title,
                           state_rows[why->state].name, verdict_words[why->verdict].name, why->reason)
                : OK;
}

/* Times of kernels on another device, or a part of one, tell nothing. */
static struct err check_devices(const struct measured_variant *base, const struct measured_variant *new)
{
    return base && new ? comparison_check_devices(base, new) : OK;
}

static struct err compare_runs_of_profile(const struct options *o, const struct comparing *c)
{
    const struct measured_run *a = &c->base.run, *b = &c->new.run;
    const char *x = c->base.variant ? c->base.variant : c->new.variant;
    const char *y = c->new.variant ? c->new.variant : c->base.variant;
    if (x)
        TRY(check_devices(measured_find(a, x, NULL), measured_find(b, y, NULL)));
    for (int i = 0; i < a->variants && !x; i++)
        TRY(check_devices(&a->variant[i], measured_find(b, a->variant[i].name, NULL)));
    return compare_profiles(o, (struct compared_run){c->base.path, c->base.variant},
                            (struct compared_run){c->new.path, c->new.variant}, &c->notes);
}

static struct err compare(const struct options *o, struct comparing *c)
{
    struct floors floors = {(o->given[OPTION_margin] ? o->margin : 1) / 100,
                            (o->given[OPTION_least_ms] ? o->least_ms : 2) * 1e6};
    if (o->arguments != 2)
        return err_fail("compare takes two runs, FOLDER or FOLDER:VARIANT each, %d were given (sdbench compare --help)",
                        o->arguments);
    TRY(name_side(o->argument[0], &c->base));
    TRY(name_side(o->argument[1], &c->new));
    c->same_run = !strcmp(c->base.run.run, c->new.run.run);
    if (c->same_run && !c->base.variant)
        return err_fail("compare %s with itself: name a variant of each, FOLDER:VARIANT", c->base.path);
    TRY(comparison_check(&c->base.run, &c->new.run));
    note_run(&c->notes, "base", &c->base);
    if (!c->same_run)
        note_run(&c->notes, "new", &c->new);
    if (c->base.run.has_profile && c->new.run.has_profile)
        return compare_runs_of_profile(o, c);
    TRY(add_pairs(c, floors));
    if (o->json)
        TRY(print_json(c));
    else
        print_table(c, floors);
    return conclude(c);
}

static void named_free(struct named *n)
{
    measured_run_free(&n->run);
    free(n->path);
    free(n->variant);
}

struct err verb_compare(const struct options *o)
{
    struct comparing *c = calloc(1, sizeof *c);
    if (!c)
        return err_fail("out of memory");
    struct err e = compare(o, c);
    named_free(&c->base);
    named_free(&c->new);
    text_free(&c->notes);
    free(c);
    return e;
}
