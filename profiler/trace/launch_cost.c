#include <stdlib.h>

#include "pipeline/base/clock.h"
#include "profiler/trace/tracer.h"

enum { BLOCKS = 101, LAUNCHES_OF_A_BLOCK = 200 };

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* As a plan tells it (runtime/plan_run.c), with nothing between the two ends. */
static double time_block(const struct plan *p)
{
    const int64_t begin_ns = clock_now_ns();
    for (int i = 0; i < LAUNCHES_OF_A_BLOCK; i++) {
        watch_tell(&(struct watch_event){.what = WATCH_launch_begin, .plan = p});
        watch_tell(&(struct watch_event){.what = WATCH_launch_end, .plan = p});
    }
    return (double)(clock_now_ns() - begin_ns) / LAUNCHES_OF_A_BLOCK;
}

struct err tracer_launch_cost(double *ns)
{
    struct tracer *r;
    double block[BLOCKS];
    const struct plan *stands_for_one = (const struct plan *)(const void *)block; /* nobody looks into it */
    TRY(tracer_open(NULL, &r));
    struct trace *t = tracer_trace(r);
    trace_add_plan(t, &(struct traced_plan){.plan = stands_for_one, .launches = 1});
    trace_add_launch(t, &(struct traced_launch){.plan = 0});
    struct err e = trace_error(t);
    for (int i = 0; i < BLOCKS && !e.code; i++)
        block[i] = time_block(stands_for_one);
    if (!e.code)
        e = tracer_finish(r);
    tracer_close(r);
    if (e.code)
        return e;
    qsort(block, BLOCKS, sizeof *block, by_value);
    *ns = block[BLOCKS / 2];
    return OK;
}
