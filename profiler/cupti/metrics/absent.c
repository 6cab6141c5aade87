/* In place of session.c where the toolkit has no range profiler. */
#include "profiler/cupti/metrics/session.h"

#if !__has_include(<cupti_range_profiler.h>)

static struct err open_session(struct metrics_session **out)
{
    *out = NULL;
    return err_make(ERR_ABSENT,
                    "metrics: not built with them: hardware counters need the headers of CUDA 12.6 or later");
}

static void describe(const struct metrics_session *s, struct text *out)
{
    (void)s, (void)out;
}

static void range_begin(struct metrics_session *s, const char *name)
{
    (void)s, (void)name;
}

static void range_end(struct metrics_session *s)
{
    (void)s;
}

static struct err finish(struct metrics_session *s, struct metrics *out)
{
    (void)s;
    *out = (struct metrics){0};
    return OK;
}

static void close_session(struct metrics_session *s)
{
    (void)s;
}

__attribute__((visibility("default"))) const struct metrics_profiler metrics_cupti = {
    .open = open_session,
    .describe = describe,
    .range_begin = range_begin,
    .range_end = range_end,
    .finish = finish,
    .close = close_session,
};

#endif
