/* Fills a trace while plans run: it is the thread's watch, between tracer_open and tracer_close.
 *
 *     struct tracer *r;
 *     TRY(tracer_open(NULL, &r));                  // before the pipeline is opened
 *     ... open, run once ...
 *     tracer_repetition(r, true); ... run ...; tracer_repetition(r, false);
 *     TRY(tracer_finish(r));                       // after the device is done
 *     const struct trace *t = tracer_trace(r);
 *     tracer_close(r);                             // frees the trace */
#ifndef SDBENCH_PROFILER_TRACE_TRACER_H
#define SDBENCH_PROFILER_TRACE_TRACER_H

#include "profiler/trace/source.h"

struct tracer;

/* source NULL: the host's clock. */
struct err tracer_open(const struct trace_source *source, struct tracer **out);

/* Lets the pipeline run unwatched for a while, for comparison; of a source, which stays, nothing is paused. */
void tracer_pause(struct tracer *r, bool pauses);

/* A whole run of the pipeline that is measured begins, or ends. */
void tracer_repetition(struct tracer *r, bool begins);

/* No more is recorded; the trace is whole, and sorted. */
struct err tracer_finish(struct tracer *r);
struct trace *tracer_trace(struct tracer *r);
void tracer_describe(const struct tracer *r, struct text *out);
void tracer_close(struct tracer *r);

/* What the tracer adds to one launch on this machine, in nanoseconds: the median of many, measured now. */
struct err tracer_launch_cost(double *ns);

#endif
