/* A trace as rows of a table: the calls of one kernel for one launch, and the runs of one step. */
#ifndef SDBENCH_PROFILER_ROWS_ROWS_H
#define SDBENCH_PROFILER_ROWS_ROWS_H

#include "profiler/trace/trace.h"

/* Device work of one kind with one name and shape, for one launch, in all repetitions. */
struct trace_row {
    enum activity_kind kind;
    int32_t launch, shape; /* -1: none */
    uint32_t name;
    bool in_graph;
    bool main;        /* of several kernels of the launch the one with the longest total: the launch's cost is its */
    int64_t *time_ns; /* of each call, in the order of time */
    int64_t *gap_ns;  /* idle time of the device right before it, within the repetition; 0 where it overlapped */
    int32_t calls;    /* in all repetitions */
    uint64_t bytes;   /* of all calls: copies, sets */
};

/* One run (stage execution) number `step` of a plan's stage: work in each repetition. */
struct trace_step {
    int32_t plan, step;
    enum stage stage;
    int64_t *busy_ns, *span_ns; /* one a repetition, summed where a repetition has several such runs (image by image) */
};

struct trace_rows {
    struct trace_row *row;   /* longest total first */
    struct trace_step *step; /* in the order of time */
    int32_t rows, steps;
};
struct err trace_rows_make(const struct trace *t, struct trace_rows *out);
void trace_rows_free(struct trace_rows *r);

#endif
