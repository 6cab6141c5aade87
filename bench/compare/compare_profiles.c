#include "bench/compare/compare_profiles.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/compare/profile_pair.h"
#include "bench/json.h"
#include "bench/profile/profiled_run.h"

struct comparing {
    const struct options *o;
    const struct grouping *by;
    struct floors floors;
    struct profiled_run base, new;
    struct text out;
    cJSON *pairs;
    enum err_code code; /* the worst so far, and why */
    char why[400];
};

/* Of the same kind of measuring, on the same kind of machine. */
static struct err check_sources(const struct profile *base, const struct profile *new)
{
    if (strcmp(base->backend, new->backend))
        return err_make(ERR_INVALID, "%s ran on backend %s and on %s", new->variant, base->backend, new->backend);
    if (strcmp(base->source, new->source))
        return err_make(ERR_INVALID, "%s was measured by %s and by %s: their times are not the same thing",
                        new->variant, base->source, new->source);
    return OK;
}

static void conclude(struct comparing *c, enum verdict verdict, const char *name, const char *reason)
{
    const enum err_code own = verdict_words[verdict].exit;
    if (worst_exit(c->code, own) == c->code)
        return;
    c->code = own;
    snprintf(c->why, sizeof c->why, "%s: %s: %s", name, verdict_words[verdict].name, reason);
}

static struct err add_pair(struct comparing *c, const struct profile *base, const struct profile *new)
{
    struct profile_pair pair = {0};
    cJSON *json = NULL;
    TRY(check_sources(base, new));
    struct err e = profile_pair_make(base, new, c->by, c->floors, &pair);
    if (!e.code && c->o->json)
        e = profile_pair_json(&pair, c->o->top, &json);
    else if (!e.code)
        e = profile_pair_text(&pair, c->o->top, &c->out);
    if (json)
        cJSON_AddItemToArray(c->pairs, json);
    if (!e.code)
        conclude(c, pair.verdict, new->variant, pair.reason);
    profile_pair_free(&pair);
    text_add(&c->out, "\n");
    return e;
}

static void add_alone(struct comparing *c, enum verdict verdict, const struct profile *p)
{
    text_add(&c->out, "%s: %s: %s\n\n", verdict_words[verdict].name, p->variant, verdict_words[verdict].words);
    conclude(c, verdict, p->variant, verdict_words[verdict].words);
}

static struct err add_named(struct comparing *c, struct compared_run base, struct compared_run new)
{
    const struct profile *a = profiled_run_find(&c->base, base.variant ? base.variant : new.variant);
    const struct profile *b = profiled_run_find(&c->new, new.variant ? new.variant : base.variant);
    if (!a || !b)
        return err_fail("%s: holds no profile of %s", a ? new.path : base.path,
                        (a ? new.variant : base.variant) ? (a ? new.variant : base.variant)
                                                         : (a ? base.variant : new.variant));
    return add_pair(c, a, b);
}

static struct err add_all(struct comparing *c)
{
    for (int i = 0; i < c->base.profiles; i++) {
        const struct profile *base = &c->base.profile[i], *new = profiled_run_find(&c->new, base->variant);
        if (new)
            TRY(add_pair(c, base, new));
        else
            add_alone(c, VERDICT_GONE, base);
    }
    for (int i = 0; i < c->new.profiles; i++)
        if (!profiled_run_find(&c->base, c->new.profile[i].variant))
            add_alone(c, VERDICT_NEW, &c->new.profile[i]);
    return OK;
}

static struct err print(struct comparing *c, const struct text *notes, bool same_run)
{
    if (c->o->json) {
        cJSON *json = cJSON_CreateObject();
        cJSON_AddItemToObject(json, "profiles", c->pairs);
        c->pairs = NULL;
        return json_print(json);
    }
    printf("%s%s\n%s", text_get(notes),
           same_run ? "" : "two runs, one after the other: what the machine did between them is in the change\n",
           text_get(&c->out));
    return OK;
}

/* A table of the parts of a change adds up: by launch or step there is nothing to add up between runs. */
static struct err find_grouping(const char *by, const struct grouping **out)
{
    *out = grouping_find(by ? by : "class");
    return *out && (*out)->key ? OK : err_fail("--by %s: profiles are compared by class, layer, kernel or block", by);
}

static struct err compare(struct comparing *c, struct compared_run base, struct compared_run new,
                          const struct text *notes)
{
    TRY(find_grouping(c->o->by, &c->by));
    TRY(profiled_run_read(base.path, &c->base));
    TRY(profiled_run_read(new.path, &c->new));
    const bool is_named = base.variant || new.variant;
    TRY(is_named ? add_named(c, base, new) : add_all(c));
    const bool same_run = c->base.profiles && c->new.profiles && !strcmp(c->base.profile[0].run, c->new.profile[0].run);
    TRY(print(c, notes, same_run));
    return c->code ? err_make(c->code, "%s", c->why) : OK;
}

struct err compare_profiles(const struct options *o, struct compared_run base, struct compared_run new,
                            const struct text *notes)
{
    struct comparing *c = calloc(1, sizeof *c);
    if (!c)
        return err_fail("out of memory");
    c->o = o;
    c->floors = (struct floors){(o->given[OPTION_margin] ? o->margin : 1) / 100,
                                o->given[OPTION_least_ms] ? o->least_ms * 1e6 : 0};
    c->pairs = cJSON_CreateArray();
    struct err e = compare(c, base, new, notes);
    profiled_run_free(&c->base);
    profiled_run_free(&c->new);
    text_free(&c->out);
    cJSON_Delete(c->pairs);
    free(c);
    return e;
}
