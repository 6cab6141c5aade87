/* Workloads: what is measured, by name, so that two people who say "quick" mean the same. */
#ifndef SDBENCH_BENCH_WORKLOAD_H
#define SDBENCH_BENCH_WORKLOAD_H

#include "bench/options.h"

struct workload {
    const char *name, *summary;
    const char *model, *sampler, *prompt;
    int width, height, images, steps;
    double guidance;
    const char *states; /* samples of each variant: "C2:6,W1:12" (bench/measure/schedule.h) */
    int burn_in;        /* passes before those that count */
    bool settle;        /* warm samples begin when a process' times have settled */
    bool is_articles;   /* the article's job: its figures are worth showing beside ours */
};
extern const struct workload workloads[]; /* ends with a NULL name */

/* The workload of the options, with what they say otherwise already put in; `usual` where they name none. Fails for a
 * job that no pipeline can do. */
struct err workload_from_options(const struct options *o, const char *usual, struct workload *out);

/* The prompt of the call before the timed ones: in the article's workloads the article's for that row of its table,
 * else the workload's own. */
const char *workload_first_prompt(const struct workload *w, const char *variant);

#endif
