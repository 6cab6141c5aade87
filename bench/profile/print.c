#include "bench/profile/print.h"

#include <stdio.h>
#include <string.h>

#include "bench/profile/groups.h"
#include "pipeline/base/name.h"

static const char *const views[] = {"class", "layer", "kernel", "block", "step", "launch", NULL};
static const char *const usual[] = {"class", "layer", "kernel"};

struct err profile_by_check(const char *by)
{
    size_t index;
    return by ? name_find("table of a profile", by, views, &index) : OK;
}

static struct err add_usual(const struct profile *p, int top, struct text *out)
{
    for (size_t i = 0; i < ARRAY_LEN(usual); i++)
        TRY(profile_add_groups(p, usual[i], top, i + 1 == ARRAY_LEN(usual), out));
    profile_add_host(p, top, out);
    return OK;
}

struct err profile_text(const struct profile *p, const char *by, int top, struct text *out)
{
    const int rows = top > 0 ? top : PROFILE_TOP;
    TRY(profile_by_check(by));
    profile_add_heading(p, out);
    profile_add_account(p, out);
    profile_add_counted(p, rows, out);
    if (!by)
        return add_usual(p, rows, out);
    if (strcmp(by, "step"))
        return profile_add_groups(p, by, rows, true, out);
    profile_add_steps(p, rows, out);
    return OK;
}

struct err profile_print(const struct profile *p, const char *by, int top)
{
    struct text out = {0};
    struct err e = profile_text(p, by, top, &out);
    if (!e.code)
        fputs(text_get(&out), stdout);
    text_free(&out);
    return e;
}
