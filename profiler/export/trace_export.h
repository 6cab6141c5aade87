/* Writes a trace for Perfetto (ui.perfetto.dev) and chrome://tracing: Trace Event Format, JSON, packed with gzip.
 *
 * What it shows: the device's streams, what was launched one by one and what was replayed each on a track of its own;
 * above them the layers of the model, as nested slices; the host's threads, with an arrow from each call to the kernel
 * that it launched; clocks and power as counters. Memory does not grow with the trace, but with its distinct texts. */
#ifndef SDBENCH_PROFILER_EXPORT_TRACE_EXPORT_H
#define SDBENCH_PROFILER_EXPORT_TRACE_EXPORT_H

#include "profiler/trace/trace.h"

/* One sample of a counter track; those with the same name and unit are one track. */
struct trace_counter {
    const char *name, *unit; /* "SM clock", "MHz" */
    int64_t t_ns;            /* of base/clock.h, as the trace */
    double value;
};

struct trace_property {
    const char *name, *value;
};

struct trace_export {
    const struct trace *trace;             /* sorted, with a repetition */
    int steps;                             /* of each repetition and image, at most; 0: all */
    int repetitions;                       /* how many, from the first; 0: one */
    const char *title;                     /* what was run; NULL: nothing is said */
    const char *device;                    /* its name; NULL: "device" */
    const struct trace_counter *counter;   /* outside the time that is shown they are left out */
    const struct trace_property *property; /* of the device */
    size_t counters, properties;
};

struct trace_export_size {
    uint64_t events, bytes; /* bytes: of the file */
    uint64_t left_out;      /* activities that cannot be shown: their end is before their beginning */
};

/* The file's name should end in ".json.gz". On an error nothing is left of it, and what was there before is untouched.
 * `size` may be NULL. */
struct err trace_export_write(const struct trace_export *x, const char *path, struct trace_export_size *size);

#endif
