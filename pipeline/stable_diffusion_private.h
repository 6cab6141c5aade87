/* Inside a pipeline: shared by stable_diffusion.c (opening) and generate.c (running). */
#ifndef SDBENCH_STABLE_DIFFUSION_PRIVATE_H
#define SDBENCH_STABLE_DIFFUSION_PRIVATE_H

#include "pipeline/contexts.h"
#include "pipeline/engine.h"
#include "pipeline/request.h"
#include "pipeline/stable_diffusion.h"

enum { MAX_PHASES = 16, TEXT_PLAN = 0, STEP_PLAN, DECODE_PLAN, PLANS };

struct sd {
    struct engine *engine;
    struct preset preset;
    struct tokenizer *tokenizer;
    struct contexts prompts;
    struct sampler_schedule schedule;
    struct plan *plan[PLANS];
    const char *sampler;
    char *model;
    int width, height, steps, batch;
    bool guided;
    double guidance;
    struct text description;
    struct sd_phase phase[MAX_PHASES];
    size_t phases, phases_opening;
    float *contexts; /* scratch: 2 x batch x 77 x C, what the step reads */
};

/* Starts a phase of that name; the one before ends. NULL only ends. */
void sd_phase_begin(struct sd *sd, const char *name);

#endif
