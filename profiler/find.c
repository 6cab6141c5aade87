#include "profiler/find.h"

#include <dlfcn.h>

#include "pipeline/base/name.h"
#include "pipeline/runtime/objects.h"

#define OBJECT "sdbench-cupti.so"

static struct err find(const char *symbol, const void **out)
{
    char why[1024];
    void *handle = object_open(OBJECT, why, sizeof why);
    if (!handle)
        return err_make(ERR_ABSENT, "CUPTI cannot be used: %s", why);
    *out = dlsym(handle, symbol);
    return *out ? OK : err_make(ERR_ABSENT, "CUPTI cannot be used: %s holds no %s: build it again", OBJECT, symbol);
}

struct err trace_source_find(const char *name, const struct trace_source **out)
{
    static const char *const names[] = {"cupti", NULL};
    const void *found = NULL;
    size_t i;
    TRY(name_find("source of traces", name, names, &i));
    TRY(find("trace_source_cupti", &found));
    *out = found;
    return OK;
}

struct err metrics_profiler_find(const struct metrics_profiler **out)
{
    const void *found = NULL;
    TRY(find("metrics_cupti", &found));
    *out = found;
    return OK;
}

struct err occupancy_calculator_find(const struct occupancy_calculator **out)
{
    const void *found = NULL;
    TRY(find("occupancy_cupti", &found));
    *out = found;
    return OK;
}
