#include "profiler/rows/rows.h"

#include <stdlib.h>

#include "profiler/rows/parts.h"

struct err trace_rows_make(const struct trace *t, struct trace_rows *out)
{
    *out = (struct trace_rows){0};
    struct err e = rows_make_calls(t, out);
    if (!e.code)
        e = rows_make_steps(t, out);
    if (e.code)
        trace_rows_free(out);
    return e;
}

void trace_rows_free(struct trace_rows *r)
{
    free(r->row);
    free(r->step);
    free(r->times);
    free(r->step_times);
    *r = (struct trace_rows){0};
}
