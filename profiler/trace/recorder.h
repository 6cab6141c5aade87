/* Fills a trace while plans run: it is the thread's watch, between recorder_open and recorder_close.
 *
 *     struct recorder *r;
 *     TRY(recorder_open(NULL, &r));                  // before the pipeline is opened
 *     ... open, run once ...
 *     recorder_repetition(r, true); ... run ...; recorder_repetition(r, false);
 *     TRY(recorder_finish(r));                       // after the device is done
 *     const struct trace *t = recorder_trace(r);
 *     recorder_close(r);                             // frees the trace */
#ifndef SDBENCH_PROFILER_TRACE_RECORDER_H
#define SDBENCH_PROFILER_TRACE_RECORDER_H

#include "profiler/trace/source.h"

struct recorder;

/* source NULL: the host's clock. */
struct err recorder_open(const struct trace_source *source, struct recorder **out);

/* A whole run of the pipeline that is measured begins, or ends. */
void recorder_repetition(struct recorder *r, bool begins);

/* No more is recorded; the trace is whole, and sorted. */
struct err recorder_finish(struct recorder *r);
struct trace *recorder_trace(struct recorder *r);
void recorder_describe(const struct recorder *r, struct text *out);
void recorder_close(struct recorder *r);

/* What the recorder adds to one launch on this machine, in nanoseconds: the median of many, measured now. */
struct err recorder_launch_cost(double *ns);

#endif
