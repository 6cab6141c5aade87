#include "bench/profile/profiled_run.h"

#include <stdlib.h>
#include <string.h>

#include "bench/json.h"
#include "bench/profile/take.h"

/* The environment's stays, for profiles that begin after it. */
struct reading {
    struct profiled_run *run;
    cJSON *environment;
};

static bool is_of_profile(const char *kind)
{
    static const char *const kinds[] = {"profile", "account", "kernel", "step", "roof", "host", "metrics"};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (!strcmp(kind, kinds[i]))
            return true;
    return false;
}

/* NULL where there are too many. */
static struct err begin(struct reading *r, const char *variant, struct profile **out)
{
    *out = profiled_run_find(r->run, variant);
    if (*out || r->run->profiles == MAX_PROFILES)
        return OK;
    *out = &r->run->profile[r->run->profiles++];
    (*out)->variant = strdup(variant);
    return (*out)->variant ? profile_take(*out, r->environment) : err_fail("out of memory for a profile");
}

static struct err take(void *context, const cJSON *record)
{
    struct reading *r = context;
    struct profile *p = NULL;
    const char *kind = json_string(record, "kind");
    if (!strcmp(kind, "environment")) {
        cJSON_Delete(r->environment);
        r->environment = cJSON_Duplicate(record, true);
        return r->environment ? OK : err_fail("out of memory for a profile");
    }
    if (!is_of_profile(kind))
        return OK;
    char *variant = clean_text(json_string(record, "variant"));
    struct err e = variant ? begin(r, variant, &p) : err_fail("out of memory for a profile");
    free(variant);
    return e.code || !p ? e : profile_take(p, record);
}

static struct err share_roofs(struct profiled_run *r)
{
    struct profile *all[MAX_PROFILES];
    for (int i = 0; i < r->profiles; i++)
        all[i] = &r->profile[i];
    return profiles_share_roofs(all, r->profiles);
}

struct err profiled_run_read(const char *path, struct profiled_run *out)
{
    *out = (struct profiled_run){0};
    struct reading r = {.run = out};
    struct err e = records_read(path, (struct records_visitor){&r, take}, &out->summary);
    cJSON_Delete(r.environment);
    for (int i = 0; i < out->profiles && !e.code; i++)
        e = profile_finish(&out->profile[i]);
    if (!e.code)
        e = share_roofs(out);
    if (e.code)
        profiled_run_free(out);
    return e;
}

void profiled_run_free(struct profiled_run *r)
{
    for (int i = 0; i < r->profiles; i++)
        profile_free(&r->profile[i]);
    *r = (struct profiled_run){0};
}

struct profile *profiled_run_find(struct profiled_run *r, const char *variant)
{
    for (int i = 0; i < r->profiles; i++)
        if (!strcmp(r->profile[i].variant, variant))
            return &r->profile[i];
    return NULL;
}
