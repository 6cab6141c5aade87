#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/verify/check.h"
#include "pipeline/denoise.h"

/* Our contexts for the images of a run: row 0 is unconditional, the others are the images'. */
static struct err write_contexts(struct check *c, struct plan *p, int64_t n, bool guided)
{
    size_t width = TEXT_TOKENS * (size_t)c->config->text_width;
    float *context = malloc(2 * (size_t)n * width * sizeof *context);
    if (!context)
        return err_fail("out of memory");
    for (int64_t i = 0; i < n; i++) {
        if (guided)
            memcpy(context + (size_t)i * width, c->context, width * sizeof *context);
        memcpy(context + (size_t)(guided ? n + i : i) * width, c->context + (size_t)(1 + i) * width,
               width * sizeof *context);
    }
    struct err e = plan_write(p, "context", context);
    free(context);
    return e;
}

struct err check_run(struct check *c, int k, int steps, double guidance)
{
    const struct stored_tensor *t = check_find(c, "run/%d/%s", k, "noise");
    struct sampler_schedule schedule = {0};
    struct plan *p = NULL;
    float *latent = NULL;
    char name[96], pixels[96];
    bool guided = c->preset->always_guided || guidance > 1;
    if (!t)
        return err_fail("run/%d has no noise", k);
    struct err e = check_latents(t, &latent);
    int64_t n = t->shape.dim[0];
    if (!e.code && c->rows < n + 1)
        e = err_fail("run/%d: text/ids must have an unconditional row and %" PRId64 " more", k, n);
    if (!e.code)
        e = sampler_schedule_make(sampler_find("ddim"), c->preset->ddim, steps, &schedule);
    if (!e.code) {
        struct denoise_shape shape = {.images = n, .height = t->shape.dim[2], .width = t->shape.dim[3],
                                      .rows = schedule.rows, .slots = schedule.slots,
                                      .scales_input = schedule.scales_input, .guided = guided, .guidance = guidance};
        e = check_plan(c, model_denoise_step(c->config, &c->preset->details, &shape), &p);
    }
    if (!e.code)
        e = write_contexts(c, p, n, guided);
    if (!e.code)
        e = denoise_start(p, &schedule, latent);
    for (int step = 0; !e.code && step < schedule.rows; step++) {
        e = plan_step(p);
        snprintf(name, sizeof name, "run/%d/latent/%d", k, step);
        if (!e.code)
            e = check_judge_output(c, p, "latent", name, AGREE_LATENT);
    }
    if (!e.code)
        e = plan_read(p, "latent", latent);
    plan_free(p);
    snprintf(name, sizeof name, "run/%d/image", k);
    snprintf(pixels, sizeof pixels, "run/%d/pixels", k);
    if (!e.code)
        e = check_decode(c, latent, t->shape, name, pixels, AGREE_IMAGE);
    sampler_schedule_free(&schedule);
    free(latent);
    return e;
}
