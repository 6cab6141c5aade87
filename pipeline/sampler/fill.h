/* Between the table of samplers and the files that fill it. */
#ifndef SDBENCH_SAMPLER_FILL_H
#define SDBENCH_SAMPLER_FILL_H

#include "pipeline/sampler/noise_schedule.h"
#include "pipeline/sampler/sampler.h"

#define SAMPLER(name, fill, summary)                                                       \
    struct err fill(const struct noise_schedule *noise, enum sampler_ddim ddim, int steps, \
                    struct sampler_schedule *out);
#include "pipeline/sampler/samplers.def"
#undef SAMPLER

/* Gives out->row n zeroed rows of input scale 1. */
struct err sampler_rows(struct sampler_schedule *out, int n);

/* diffusers' "leading" timesteps with offset 1: t = 1 + i * gap, i = 0 .. steps - 1. */
struct err sampler_leading_gap(int steps, int *gap);

#endif
