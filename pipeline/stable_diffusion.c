#include "pipeline/stable_diffusion.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/base/phase.h"
#include "pipeline/graph/print.h"
#include "pipeline/graph/rules.h"
#include "pipeline/stable_diffusion_private.h"

static struct err check_options(const struct sd_options *o, struct sd *sd)
{
    sd->width = o->width ? o->width : 512;
    sd->height = o->height ? o->height : 512;
    sd->steps = o->steps ? o->steps : 50;
    sd->batch = o->batch ? o->batch : 1;
    sd->guidance = o->has_guidance ? o->guidance : 7.5;
    const struct preset *preset = NULL;
    TRY(preset_find(o->preset ? o->preset : presets[0].name, &preset));
    sd->preset = *preset;
    TRY(size_check(preset, sd->width, sd->height));
    if (!isfinite(sd->guidance) || fabs(sd->guidance) > 1e6)
        return err_fail("--guidance: the guidance scale must be a finite number, 1e6 at most (7.5 is usual)");
    if (sd->batch < 1)
        return err_fail("--batch %d: must be 1 or more", sd->batch);
    if (o->threads < 0 || o->threads > 4096)
        return err_fail("--threads %d: must be 1 to 4096, or 0 for one a core", o->threads);
    sd->guided = preset->always_guided || sd->guidance > 1;
    const struct sampler *sampler = NULL;
    TRY(sampler_by_name(o->sampler ? o->sampler : "ddim", &sampler));
    sd->sampler = sampler->name;
    return sampler_schedule_make(sampler, preset->ddim, sd->steps, &sd->schedule);
}

static struct err make_plans(struct sd *sd)
{
    const struct model_config *c = engine_config(sd->engine);
    const struct model_details *d = &sd->preset.details;
    int64_t h = sd->height / LATENT_SCALE, w = sd->width / LATENT_SCALE;
    struct denoise_shape step = {.images = sd->batch,
                                 .height = h,
                                 .width = w,
                                 .rows = sd->schedule.rows,
                                 .slots = sd->schedule.slots,
                                 .scales_input = sd->schedule.scales_input,
                                 .guided = sd->guided,
                                 .guidance = sd->guidance};
    bool together = engine_runs_pass(sd->engine, "prompts");
    sd->prompts = (struct contexts){.tokenizer = sd->tokenizer,
                                    .rows = together && sd->guided ? 2 : 1,
                                    .width = c->text_width,
                                    .keeps_empty = together};
    TRY(engine_plan(sd->engine, model_text_encoder(c, sd->prompts.rows), &sd->plan[TEXT_PLAN]));
    sd->prompts.plan = sd->plan[TEXT_PLAN];
    TRY(engine_plan(sd->engine, model_denoise_step(c, d, &step), &sd->plan[STEP_PLAN]));
    TRY(engine_plan(sd->engine, model_decoder(c, d, 1, h, w), &sd->plan[DECODE_PLAN]));
    char what[64];
    snprintf(what, sizeof what, "%d image%s of %dx%d a pass", sd->batch, sd->batch > 1 ? "s" : "", sd->width,
             sd->height);
    return engine_check_memory(sd->engine, sd->plan, PLANS, what);
}

static struct err open_tokenizer(struct sd *sd)
{
    enum phase before = phase_enter(PHASE_tokenizer);
    struct err e = tokenizer_open(sd->preset.tokenizer, &sd->tokenizer);
    phase_return(before);
    return e;
}

static struct err plan_and_load(struct sd *sd)
{
    enum phase before = phase_enter(PHASE_plan);
    struct err e = make_plans(sd);
    phase_return(before);
    return e.code ? e : engine_load(sd->engine, sd->plan, PLANS);
}

struct err sd_open(const struct sd_options *o, const struct sd_progress *p, struct sd **out)
{
    struct sd *sd = calloc(1, sizeof *sd);
    *out = NULL;
    if (!sd)
        return err_fail("out of memory");
    struct engine_options options = {.model = o->model,
                                     .weights_seed = o->weights_seed,
                                     .backend = o->backend,
                                     .variant = o->variant,
                                     .without = o->without,
                                     .with = o->with,
                                     .threads = o->threads,
                                     .device = o->device,
                                     .tune_seconds = o->tune_seconds,
                                     .has_tune_seconds = o->has_tune_seconds,
                                     .plan_file = o->plan_file,
                                     .save_plan = o->save_plan,
                                     .force = o->force};
    struct engine_progress progress = {p ? p->report : NULL, p ? p->context : NULL};
    struct err e = check_options(o, sd);
    if (e.code)
        goto fail;
    sd->model = strdup(o->model ? o->model : "sd14");
    e = engine_open(&options, &progress, &sd->engine);
    if (!e.code)
        e = open_tokenizer(sd);
    if (!e.code)
        e = plan_and_load(sd);
    if (e.code)
        goto fail;
    engine_close_weights(sd->engine);
    engine_describe(sd->engine, &sd->description);
    size_t context = TEXT_TOKENS * (size_t)engine_config(sd->engine)->text_width;
    sd->contexts = malloc(2 * (size_t)sd->batch * context * sizeof *sd->contexts);
    if (sd->contexts) {
        *out = sd;
        return OK;
    }
    e = err_fail("out of memory for contexts");
fail:
    sd_close(sd);
    return e;
}

void sd_close(struct sd *sd)
{
    if (!sd)
        return;
    for (int i = 0; i < PLANS; i++)
        plan_free(sd->plan[i]);
    engine_free(sd->engine);
    contexts_free(&sd->prompts);
    tokenizer_free(sd->tokenizer);
    sampler_schedule_free(&sd->schedule);
    text_free(&sd->description);
    free(sd->contexts);
    free(sd->model);
    free(sd);
}

struct sd_memory sd_memory(const struct sd *sd)
{
    struct sd_memory sum = {0};
    for (int i = 0; i < PLANS; i++) {
        struct plan_memory m = plan_memory(sd->plan[i]);
        sum.weights += m.weights;
        sum.arena = m.arena > sum.arena ? m.arena : sum.arena;
    }
    return sum;
}

struct sd_work sd_work(const struct sd *sd)
{
    struct sd_work sum = {0};
    for (int i = 0; i < PLANS; i++) {
        sum.launches += plan_launches(sd->plan[i]);
        sum.flop += graph_cost(plan_graph(sd->plan[i])).product_flop;
    }
    return sum;
}

const char *sd_backend(const struct sd *sd)
{
    return engine_backend(sd->engine)->name;
}

const char *sd_variant(const struct sd *sd)
{
    return engine_variant(sd->engine)->name;
}

const char *sd_backend_description(const struct sd *sd)
{
    return text_get(&sd->description);
}

bool sd_device(const struct sd *sd, struct device_facts *out)
{
    return engine_device(sd->engine, out);
}

struct engine *sd_engine(const struct sd *sd)
{
    return sd->engine;
}

uint64_t sd_graph_hash(const struct sd *sd)
{
    return graph_hash(plan_graph(sd->plan[STEP_PLAN]));
}

uint64_t sd_choice_hash(const struct sd *sd)
{
    return plan_choice_hash(sd->plan[STEP_PLAN]);
}

int sd_evaluations(const struct sd *sd)
{
    return sd->schedule.rows;
}

bool sd_is_synthetic(const struct sd *sd)
{
    return engine_is_synthetic(sd->engine);
}
