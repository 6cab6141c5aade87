/* The slices and arrows of a trace, being written. */
#ifndef SDBENCH_PROFILER_EXPORT_WRITER_H
#define SDBENCH_PROFILER_EXPORT_WRITER_H

#include "profiler/export/events.h"
#include "profiler/export/kernel_args.h"
#include "profiler/export/layers.h"
#include "profiler/export/recent_calls.h"

struct writer {
    const struct trace *trace;
    struct selection selection;
    struct gzip_file *file;
    struct events events;
    struct tracks tracks;
    struct layers layers;
    struct quoted_texts texts;
    struct text name, args;
    struct recent_calls calls;
    bool *has_steps; /* of each plan: whether it has a step after the first */
    uint64_t left_out;
    bool no_memory;
};

/* What the host enqueued: repetitions, and the runs in them. */
void write_runs(struct writer *w);

/* Activity i, with the layers that begin with it and the arrow that ends in it. To be told each selected one, in order.
 */
void write_activity(struct writer *w, int64_t i);

#endif
