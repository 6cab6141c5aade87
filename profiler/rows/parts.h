/* The two lists of trace_rows_make; each fills its own fields of *out. */
#ifndef SDBENCH_PROFILER_ROWS_PARTS_H
#define SDBENCH_PROFILER_ROWS_PARTS_H

#include "profiler/rows/rows.h"

struct err rows_make_calls(const struct trace *t, struct trace_rows *out);
struct err rows_make_steps(const struct trace *t, struct trace_rows *out);

#endif
