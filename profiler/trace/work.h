/* The work of a trace: its activities on the device. What belongs to which repetition, and which calls are alike. */
#ifndef SDBENCH_PROFILER_TRACE_WORK_H
#define SDBENCH_PROFILER_TRACE_WORK_H

#include "profiler/trace/trace.h"

/* Whether it is work on the device with times that can be: neither is zero, and it ends after it begins. */
bool work_is(const struct activity *a);

/* Whether it is work on the device whose times cannot be. */
bool work_has_bad_times(const struct activity *a);

/* The repetition of its run, where it has a run: the device may be late. Else, as for a copy between runs, the first
 * that its time overlaps. -1: none. */
int32_t work_repetition(const struct trace *t, const struct activity *a);

/* 0 for calls of one kind: equal kind, launch, name, shape and in_graph. A total order of kinds else. */
int work_compare(const struct activity *a, const struct activity *b);

#endif
