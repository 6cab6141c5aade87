/* A trace as rows of a table: the calls of one kernel for one launch, and the runs of one step. Only work inside
 * repetitions, by its run where it has one, else by its time. */
#ifndef SDBENCH_PROFILER_ROWS_ROWS_H
#define SDBENCH_PROFILER_ROWS_ROWS_H

#include "profiler/trace/trace.h"

/* Device work of one kind with one name and shape, for one launch, in all repetitions. */
struct trace_row {
    enum activity_kind kind;
    int32_t launch, shape; /* -1: none */
    uint32_t name;
    bool in_graph;
    bool main;        /* the launch's cost is its: of the launch's kernels (or else copies) the longest total */
    int64_t *time_ns; /* of each call, in the order of time */
    int64_t *gap_ns;  /* before each call, since any work on the device ended, or since its repetition began; 0 where
                         it overlapped. Gaps, the time that is covered and what is left at the end make up the span. */
    int32_t calls;    /* in all repetitions */
    int64_t total_ns; /* sum of time_ns */
    uint64_t bytes;   /* of all calls: copies, sets */
};

/* Runs number `step` of a plan's stage: their work in each repetition. A stage without work has none. */
struct trace_step {
    int32_t plan, step;
    enum stage stage;
    int64_t *busy_ns; /* one a repetition: union of work; summed where it has several such runs (image by image) */
    int64_t *span_ns; /* from the first work to the end of the last, summed likewise */
};

struct trace_rows {
    struct trace_row *row;   /* longest total first */
    struct trace_step *step; /* in the order of time */
    int32_t rows, steps;
    int64_t *times; /* the memory of time_ns and gap_ns, and of busy_ns and span_ns */
    int64_t *step_times;
};

/* The trace is sorted. An error only without memory. */
/* What the host did of one kind and name: calls, waits, overheads, compilations. They nest and run beside each other:
 * their times are no parts of the account. */
struct trace_host_row {
    enum activity_kind kind;
    uint32_t name;
    int64_t calls, total_ns;                 /* that began inside repetitions, of all of them */
    int64_t outside_calls, outside_total_ns; /* before, between and after them: what a cold start does */
};
/* malloc'ed, the longest total of both first; *n of them. */
struct err trace_host_rows_make(const struct trace *t, struct trace_host_row **out, int32_t *n);

struct err trace_rows_make(const struct trace *t, struct trace_rows *out);
void trace_rows_free(struct trace_rows *r);

#endif
