/* A trace: what ran, when, for which launch of which plan. Both sources, CUPTI and the host's clock, fill the same one.
 *
 * Times are nanoseconds of base/clock.h (CLOCK_MONOTONIC). Indices into its lists are int32_t, and -1 is none. A trace
 * describes plans by itself: it stays good when they are gone. */
#ifndef SDBENCH_PROFILER_TRACE_TRACE_H
#define SDBENCH_PROFILER_TRACE_TRACE_H

#include "pipeline/base/error.h"
#include "pipeline/graph/rules.h"
#include "pipeline/runtime/watch.h"

#include <stdint.h>

enum activity_kind {
#define ACTIVITY(name, title, device) ACTIVITY_##name,
#include "profiler/trace/activities.def"
#undef ACTIVITY
    ACTIVITY_COUNT
};
struct activity_row {
    const char *name, *title;
    bool device;
};
extern const struct activity_row activity_rows[ACTIVITY_COUNT];

struct activity {
    int64_t begin_ns, end_ns;
    uint64_t correlation; /* device work and the call that enqueued it have the same; 0: not known */
    uint64_t bytes;       /* of a copy or memory set */
    uint32_t name;        /* a text of the trace */
    int32_t launch, run;  /* that it is of */
    int32_t shape;        /* of a kernel */
    uint32_t stream;      /* device work: its stream; else the thread's number */
    uint8_t kind;         /* enum activity_kind */
    bool in_graph;        /* it was a node of a recording that was replayed */
};

/* How a kernel was launched. Zeroed where there is nothing of the kind, as on a CPU. */
struct kernel_shape {
    uint32_t grid[3], block[3], cluster[3];
    uint32_t registers;                     /* of a thread */
    uint32_t shared_static, shared_dynamic; /* bytes of a block */
    uint32_t local;                         /* bytes of a thread: spills, and arrays that are indexed */
};

struct traced_plan {
    const void *plan; /* which one: never read through */
    uint32_t name;    /* of its graph */
    bool captured;
    int32_t first_launch, launches;
    int32_t runs;                   /* of stage step since the last of stage run: the next step's number */
    uint64_t recorded[STAGE_COUNT]; /* nodes of its recordings, by capture order; 0: not recorded */
};

struct traced_launch {
    int32_t plan, index; /* its place in the plan */
    enum stage stage;
    enum op op;
    enum dtype dtype;        /* of its first source */
    uint32_t implementation; /* the backend's name for its kernel */
    uint32_t *path;          /* texts: its own model path, then those that a rewrite folded into it */
    int32_t paths;
    struct cost cost;
    uint64_t recorded; /* nodes that it added to a recording, by capture order */
};

/* One execution of a stage. */
struct traced_run {
    int32_t plan, step, repetition; /* step counts from 0 after a stage run; repetition -1: none is measured */
    enum stage stage;
    enum run_how how;
    int64_t begin_ns, end_ns; /* on the host: until it was enqueued */
};

/* One whole run of the pipeline that is measured. */
struct repetition {
    int64_t begin_ns, end_ns;
};

struct trace {
    struct traced_plan *plan;
    struct traced_launch *launch;
    struct traced_run *run;
    struct repetition *repetition;
    struct activity *activity;
    struct kernel_shape *shape;
    char **text;
    int32_t plans, launches, runs, repetitions, shapes;
    int64_t activities;
    uint32_t texts;
    int32_t device; /* that kernels ran on, as the driver counts; -1: the host, or not known */
    /* What a source found wrong; each of them makes a trace invalid. */
    uint64_t dropped;         /* records that were lost */
    uint64_t bad_times;       /* of device work: zero, or the end not after the beginning */
    uint64_t bad_records;     /* that could not be read: cut off, of an unknown size */
    uint64_t label_conflicts; /* graph nodes whose launch is another one by capture order than by callbacks */
    struct trace_private *own;
};

struct trace *trace_new(void); /* NULL without memory */
void trace_free(struct trace *t);

/* Appends; the index, -1 without memory (then trace_error says so). One thread at a time. */
int32_t trace_add_plan(struct trace *t, const struct traced_plan *p);
int32_t trace_add_launch(struct trace *t, const struct traced_launch *l); /* its path becomes the trace's */
int32_t trace_add_run(struct trace *t, const struct traced_run *r);
int32_t trace_add_repetition(struct trace *t, const struct repetition *r);
int64_t trace_add_activity(struct trace *t, const struct activity *a);

/* The index of an equal one, added where there is none. Text 0 is "". Without memory 0, and -1. */
uint32_t trace_text(struct trace *t, const char *text);
int32_t trace_shape(struct trace *t, const struct kernel_shape *s);

/* The plan of that address that was bound last; -1. */
int32_t trace_find_plan(const struct trace *t, const void *plan);

/* Whether memory ran out while it was filled. */
struct err trace_error(const struct trace *t);

/* Activities by begin, then end, then stream. What is made of a trace (account, rows) takes it sorted. */
void trace_sort(struct trace *t);

#endif
