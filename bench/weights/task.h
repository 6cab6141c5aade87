/* One call of `weights`: what all of its actions need. */
#ifndef SDBENCH_BENCH_WEIGHTS_TASK_H
#define SDBENCH_BENCH_WEIGHTS_TASK_H

#include "bench/options.h"
#include "bench/progress.h"
#include "pipeline/model/manifest.h"
#include "pipeline/weights/store.h"

struct weights_task {
    const struct options *o;
    const char *path; /* the argument after the action's name; NULL where there is none */
    const struct model_config *config;
    struct manifest manifest;
    struct checkpoint_rules rules;
    enum weights_layout layout;
    enum dtype dtype;
    struct progress *progress;
    struct arena arena; /* owns the manifest */
};

/* The tensors of a checkpoint; without a path, the entries of the cache. */
struct err weights_list(const struct weights_task *t);

/* Whether a checkpoint fits the model, values included. */
struct err weights_check(const struct weights_task *t);

/* What `make` and `convert` write, and the line that says so. */
struct err weights_output_of(const struct weights_task *t, struct weights_output *out);
struct err weights_report_output(const struct weights_task *t, const char *path);

#endif
