#include "bench/generate/series.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/base/name.h"

static const char *const names[] = {"settle", "W1", "W0", "C4", "cost", "T", "M", "roofs", NULL};

enum { MOST = 100000 };

static struct err parse_item(char *text, struct series *out)
{
    char *colon = strchr(text, ':'), *end = NULL;
    size_t kind;
    if (colon)
        *colon = 0;
    TRY(err_wrap(name_find("part of a series", text, names, &kind), "--then"));
    long count = colon ? strtol(colon + 1, &end, 10) : 1;
    if (colon && (end == colon + 1 || *end || count < 1 || count > MOST))
        return err_fail("--then %s:%s: must be 1 to %d", text, colon + 1, MOST);
    if (out->items == MAX_SERIES)
        return err_fail("--then: more than %d parts", MAX_SERIES);
    out->item[out->items++] = (struct series_item){(enum series_kind)kind, (int)count};
    return OK;
}

struct err series_parse(const char *list, struct series *out)
{
    *out = (struct series){0};
    char *copy = strdup(list ? list : ""), *rest = copy;
    struct err e = copy ? OK : err_fail("out of memory");
    for (char *item; !e.code && list && *list && (item = strsep(&rest, ","));)
        e = parse_item(item, out);
    free(copy);
    return e;
}
