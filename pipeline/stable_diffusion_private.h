/* Inside a pipeline: shared by stable_diffusion.c (opening) and generate.c (running). */
#ifndef SDBENCH_STABLE_DIFFUSION_PRIVATE_H
#define SDBENCH_STABLE_DIFFUSION_PRIVATE_H

#include "pipeline/contexts.h"
#include "pipeline/engine.h"
#include "pipeline/request.h"
#include "pipeline/stable_diffusion.h"

enum { TEXT_PLAN, STEP_PLAN, DECODE_PLAN, PLANS };

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
    float *contexts; /* scratch: 2 x batch x 77 x C, what the step reads */
};

#endif
