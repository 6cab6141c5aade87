/* One fresh process that is measured: it does a job, and its reports come back as samples. */
#ifndef SDBENCH_BENCH_MEASURE_PROCESS_H
#define SDBENCH_BENCH_MEASURE_PROCESS_H

#include "bench/measure/child.h"
#include "bench/measure/job.h"
#include "bench/measure/sample.h"

/* What a process is told; NULL and 0 where nothing is. */
struct process {
    const struct job *job;
    const char *program; /* this one */
    const char *variant;
    const char *then; /* what it does behind the cold start: "W1:2,W0" (bench/generate/series.h) */
    const char
        *folder; /* where its pictures and latents go, named after the variant, with "-cold" where none is warm */
    const char *plan, *save_plan;
    double slow_down;   /* a canary: times are made so much longer, 0.1 for 10 % */
    bool watched;       /* by a profiler (bench/profile): its pictures are no result, and are removed */
    const char *trace, *trace_file; /* how it is traced, and where to (bench/profile/traced.h) */
    char **environment; /* "NAME=value", which replace the names of ours */
};

/* What a pipeline told of itself. */
struct pipeline_facts {
    char backend[32];
    char description[256]; /* the backend's line */
    uint64_t graph_hash, choice_hash, weights_bytes, arena_bytes, launches, flop;
    int evaluations;
    struct device_facts device; /* that it ran on; its name is "" where that is the host */
};

/* Who listens. Samples come as they are made, their state set: that of the cold start is `cold`. */
struct process_listener {
    struct progress *progress;
    void *context;
    struct err (*sample)(void *context, struct sample *s);
    void (*pipeline)(void *context, const struct pipeline_facts *f);
    struct err (*mapped)(void *context,
                         struct file_list *files); /* that it maps, sorted, before its first sample; may be NULL */
    void (*cost)(void *context, int64_t harness_ns, int pairs); /* of the harness in a warm run; may be NULL */
    struct err (*profile)(void *context, const cJSON *record); /* of bench/profile/profile.h; may be NULL */
};

struct err process_run(const struct process *p, const struct state_row *cold, const struct process_listener *l);

/* A child's list of mapped files, sorted. */
struct err process_read_mapped(const cJSON *list, struct file_list *out);

/* The names of a variant's files; malloc'ed. */
char *process_picture_name(const struct job *job, const char *variant, int image);
char *process_latent_name(const char *variant);

#endif
