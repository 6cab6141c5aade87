/* The job that all processes of a run do, told to each in full: a child takes no default of its own. */
#ifndef SDBENCH_BENCH_MEASURE_JOB_H
#define SDBENCH_BENCH_MEASURE_JOB_H

#include "bench/workload.h"

struct job {
    struct workload workload;
    const struct options *options;
    const struct preset *preset;
    int batch, threads;
    /* Known once a variant was looked at: */
    char backend[32];
    bool synthetic, computes; /* weights; false where the backend's pictures mean nothing */
    bool on_device;           /* that is not the host */
    bool keeps_plans;         /* the backend has a plan cache, and what it compiles is cached too */
    char sensed[32];          /* the device whose sensors are read (profiler/sensors); "": the host's processors */
};

/* From the command line; `usual` is the workload where none is named. */
struct err job_make(const struct options *o, const char *usual, struct job *out);

/* Arguments of a process: names and values, which live in the arena. */
struct arguments {
    const char *list[72];
    int count;
    struct arena arena;
};
void arguments_add(struct arguments *a, const char *name, const char *value); /* nothing where value is NULL */
void arguments_free(struct arguments *a);
#define ARGUMENTS_ADD(a, name, ...) arguments_add(a, name, arena_printf(&(a)->arena, __VA_ARGS__))

/* "generate" and all that says what to compute, but for the prompt. */
void job_arguments(const struct job *job, const char *variant, struct arguments *a);

/* The variants of a list, "standard,mixed" or "all" (those of the article's table in IEEE arithmetic), in its order. */
enum { MAX_VARIANTS = 16 };
struct err job_variants(const char *list, const struct variant *out[MAX_VARIANTS], int *count);

#endif
