/* Which part of a trace is written. */
#ifndef SDBENCH_PROFILER_EXPORT_SELECTION_H
#define SDBENCH_PROFILER_EXPORT_SELECTION_H

#include "profiler/export/trace_export.h"

struct selection {
    const struct trace *trace;
    int32_t steps, repetitions;
    int64_t begin_ns, end_ns; /* of all that is selected */
};

/* An error where the trace has no repetition. */
struct err selection_make(const struct trace_export *x, struct selection *out);

bool selection_has_run(const struct selection *s, int32_t run);

/* Of a selected run; or of none, but beginning in a selected repetition and not while a step that is left out is
 * enqueued. */
bool selection_has(const struct selection *s, const struct activity *a);

/* The next selected device activity after index i (-1: the first); -1 after the last. */
int64_t selection_next_work(const struct selection *s, int64_t i);

#endif
