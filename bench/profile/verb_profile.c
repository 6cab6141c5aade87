#include <stdio.h>
#include <stdlib.h>

#include "bench/json.h"
#include "bench/profile/align.h"
#include "bench/profile/print.h"
#include "bench/profile/profiling.h"
#include "bench/verbs.h"

/* What was not done, or cannot be believed, in one line; the first of the variants'. */
static struct err verdict(const struct profiling *p)
{
    for (int i = 0; i < p->result.variants; i++) {
        const struct variant_profile *v = &p->variant[i];
        const char *name = p->result.variant[i].variant->name;
        if (v->has_profile && !v->profile.valid)
            return err_make(ERR_INVALID, "%s: the trace is not valid: %s", name, v->profile.reason);
        if (v->not_done[PROFILE_trace])
            return err_make(ERR_INVALID, "%s: not traced: %s", name, v->not_done[PROFILE_trace]);
    }
    return OK;
}

/* The profile that the others are laid beside: the first one that is there; NULL where there is none. */
static const struct profile *first_profile(const struct profiling *p)
{
    for (int i = 0; i < p->result.variants; i++)
        if (p->variant[i].has_profile)
            return &p->variant[i].profile;
    return NULL;
}

static struct err add_alignments(const struct profiling *p, int top, struct text *out)
{
    const struct profile *first = first_profile(p);
    for (int i = 0; i < p->result.variants; i++) {
        const struct profile *other = &p->variant[i].profile;
        if (!p->variant[i].has_profile || other == first)
            continue;
        text_add(out, "\n");
        TRY(alignment_text(first, other, top, out));
    }
    return OK;
}

static struct err add_all(const struct profiling *p, const struct options *o, struct text *out)
{
    for (int i = 0; i < p->result.variants; i++) {
        const struct variant_result *v = &p->result.variant[i];
        if (v->absent)
            text_add(out, "%s: not here: %s\n\n", v->variant->title, v->absent);
        if (!p->variant[i].has_profile)
            continue;
        TRY(profile_text(&p->variant[i].profile, o->by, o->top, out));
        text_add(out, "\n");
    }
    TRY(add_alignments(p, o->top, out));
    text_add(out, "records, traces and pictures: %s\n", p->folder.path);
    return OK;
}

static struct err print_text(const struct profiling *p, const struct options *o)
{
    struct text out = {0};
    struct err e = add_all(p, o, &out);
    if (!e.code)
        fputs(text_get(&out), stdout);
    text_free(&out);
    return e;
}

static struct err add_json(const struct profiling *p, const struct options *o, cJSON *json)
{
    const struct profile *first = first_profile(p);
    cJSON *profiles = cJSON_AddArrayToObject(json, "profiles"), *pairs = cJSON_AddArrayToObject(json, "alignments");
    cJSON_AddStringToObject(json, "folder", p->folder.path);
    for (int i = 0; i < p->result.variants; i++) {
        const struct profile *other = &p->variant[i].profile;
        cJSON *one = NULL;
        if (!p->variant[i].has_profile)
            continue;
        TRY(profile_json(other, o->by, o->top, &one));
        cJSON_AddItemToArray(profiles, one);
        if (other == first)
            continue;
        TRY(alignment_json(first, other, o->top, &one));
        cJSON_AddItemToArray(pairs, one);
    }
    return OK;
}

static struct err print_json(const struct profiling *p, const struct options *o)
{
    cJSON *json = cJSON_CreateObject();
    struct err e = add_json(p, o, json);
    if (!e.code)
        return json_print(json);
    cJSON_Delete(json);
    return e;
}

static struct err run(const struct options *o, struct profiling *p)
{
    TRY(profile_by_check(o->by));
    TRY(profiling_make(o, p));
    TRY(profiling_run(p));
    TRY(o->json ? print_json(p, o) : print_text(p, o));
    return verdict(p);
}

struct err verb_profile(const struct options *o)
{
    struct profiling *p = calloc(1, sizeof *p);
    if (!p)
        return err_fail("out of memory for profiles");
    struct err e = run(o, p);
    profiling_free(p);
    free(p);
    return e;
}
