/* Starting the denoising loop of a plan of model_denoise_step. */
#ifndef SDBENCH_DENOISE_H
#define SDBENCH_DENOISE_H

#include "pipeline/runtime/plan.h"
#include "pipeline/sampler/sampler.h"

/* Writes the tables of a schedule, the latent (noise of unit variance, images x 4 x h x w, scaled here), zeroed slots and
 * counter; then runs what is computed once a prompt. The context must have been written. After this each plan_step is
 * one evaluation, schedule->rows of them in all. */
struct err denoise_start(struct plan *p, const struct sampler_schedule *schedule, const float *noise);

#endif
