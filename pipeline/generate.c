#include <stdlib.h>
#include <string.h>

#include "pipeline/base/phase.h"
#include "pipeline/base/random.h"
#include "pipeline/denoise.h"
#include "pipeline/image/png.h"
#include "pipeline/runtime/host.h"
#include "pipeline/stable_diffusion_private.h"

/* Images that go through the network together: first .. first + batch of the requests. Places past the end repeat the
 * last request, so that one plan serves every group. */
struct group {
    struct sd *sd;
    const struct sd_request *request;
    int count, first;
    const struct sd_progress *progress;
};

static const struct sd_request *request_of(const struct group *p, int place)
{
    int i = p->first + place;
    return &p->request[i < p->count ? i : p->count - 1];
}

static const char *positive(const struct sd_request *r)
{
    return r->prompt ? r->prompt : "";
}

static const char *negative(const struct sd_request *r)
{
    return r->negative ? r->negative : "";
}

/* The step reads the unconditional contexts of all images, then the conditional ones. */
static struct err write_contexts(const struct group *p, struct text *warning)
{
    struct sd *sd = p->sd;
    struct contexts *c = &sd->prompts;
    size_t count = TEXT_TOKENS * (size_t)c->width;
    float *conditional = sd->contexts + (sd->guided ? (size_t)sd->batch * count : 0);
    for (int i = 0; i < sd->batch; i++) {
        if (sd->guided)
            TRY(contexts_want(c, negative(request_of(p, i))));
        TRY(contexts_want(c, positive(request_of(p, i))));
    }
    TRY(contexts_encode(c, warning));
    for (int i = 0; i < sd->batch; i++) {
        if (sd->guided)
            memcpy(sd->contexts + (size_t)i * count, contexts_of(c, negative(request_of(p, i))), count * sizeof(float));
        memcpy(conditional + (size_t)i * count, contexts_of(c, positive(request_of(p, i))), count * sizeof(float));
    }
    return OK;
}

static struct err write_latent(const struct group *p, size_t latent)
{
    struct sd *sd = p->sd;
    float *noise = malloc((size_t)sd->batch * latent * sizeof *noise);
    if (!noise)
        return err_fail("out of memory for the latent noise");
    for (int i = 0; i < sd->batch; i++) {
        const struct sd_request *r = request_of(p, i);
        if (r->noise)
            memcpy(noise + (size_t)i * latent, r->noise, latent * sizeof *noise);
        else
            random_normal(r->seed, noise + (size_t)i * latent, latent);
    }
    struct err e = denoise_start(sd->plan[STEP_PLAN], &sd->schedule, noise);
    free(noise);
    return e;
}

static bool report(const struct group *p, const char *what, int done, int total)
{
    return !p->progress || !p->progress->report ||
           p->progress->report(p->progress->context, what, (uint64_t)done, (uint64_t)total);
}

/* A step that is reported has been computed. Otherwise the loop waits only where a phase ends, which is timed. */
static struct err finish_step(const struct group *p, int row)
{
    bool reported = p->progress && p->progress->report && !p->progress->ahead;
    return reported || (row == 0 && !p->first) ? plan_wait(p->sd->plan[STEP_PLAN]) : OK;
}

static struct err run_steps(const struct group *p)
{
    struct sd *sd = p->sd;
    int rows = sd->schedule.rows, groups = (p->count + sd->batch - 1) / sd->batch, group = p->first / sd->batch;
    for (int row = 0; row < rows; row++) {
        if (row == 1 && !p->first)
            phase_enter(PHASE_steps);
        TRY(plan_step(sd->plan[STEP_PLAN]));
        TRY(finish_step(p, row));
        if (!report(p, "step", group * rows + row + 1, groups * rows))
            return err_make(ERR_CANCELLED, "cancelled after %d of %d steps", row + 1, rows);
    }
    return plan_wait(sd->plan[STEP_PLAN]);
}

static struct err denoise(const struct group *p, size_t latent)
{
    enum phase before = phase_enter(p->first ? PHASE_steps : PHASE_first_step);
    struct err e = plan_write(p->sd->plan[STEP_PLAN], "context", p->sd->contexts);
    if (!e.code)
        e = write_latent(p, latent);
    if (!e.code)
        e = run_steps(p);
    phase_return(before);
    return e;
}

/* Images are decoded one by one: the decoder's activations are the largest, and its batch changes nothing. */
static struct err decode(const struct group *p, struct sd_images *out)
{
    struct sd *sd = p->sd;
    int made = p->count - p->first < sd->batch ? p->count - p->first : sd->batch;
    size_t latent = LATENT_CHANNELS * (size_t)(sd->width / LATENT_SCALE) * (size_t)(sd->height / LATENT_SCALE);
    size_t pixels = 3 * (size_t)sd->width * (size_t)sd->height;
    float *all = malloc((size_t)sd->batch * latent * sizeof *all);
    struct err e = all ? plan_read(sd->plan[STEP_PLAN], "latent", all) : err_fail("out of memory for latents");
    for (int i = 0; i < made && !e.code; i++) {
        float *own = out->latents + (size_t)(p->first + i) * latent;
        memcpy(own, all + (size_t)i * latent, latent * sizeof *own);
        e = plan_write(sd->plan[DECODE_PLAN], "latent", own);
        if (!e.code)
            e = plan_begin(sd->plan[DECODE_PLAN]);
        if (!e.code)
            e = plan_step(sd->plan[DECODE_PLAN]);
        if (!e.code)
            e = plan_read(sd->plan[DECODE_PLAN], "pixels", out->pixels + (size_t)(p->first + i) * pixels);
        if (!e.code && !report(p, "decode", p->first + i + 1, p->count))
            e = err_make(ERR_CANCELLED, "cancelled");
    }
    free(all);
    return e;
}

static struct err describe_images(const struct sd *sd, const struct sd_request *request, struct sd_images *out)
{
    for (int i = 0; i < out->count; i++) {
        struct picture_parameters p = {.prompt = request[i].prompt,
                                       .negative = request[i].negative,
                                       .seed = request[i].seed,
                                       .noise_given = request[i].noise != NULL,
                                       .steps = sd->steps,
                                       .sampler = sd->sampler,
                                       .guidance = sd->guidance,
                                       .width = sd->width,
                                       .height = sd->height,
                                       .model = sd->model,
                                       .preset = sd->preset.name,
                                       .variant = sd_variant(sd),
                                       .backend = sd_backend(sd)};
        out->parameters[i] = picture_parameters_text(&p);
        if (!out->parameters[i])
            return err_fail("out of memory");
    }
    return OK;
}

struct err sd_generate(struct sd *sd, const struct sd_request *request, int count, const struct sd_progress *progress,
                       struct sd_images *out)
{
    *out = (struct sd_images){0};
    if (count < 1)
        return err_fail("--images %d: must be 1 or more", count);
    size_t latent = LATENT_CHANNELS * (size_t)(sd->width / LATENT_SCALE) * (size_t)(sd->height / LATENT_SCALE);
    size_t pixels = 3 * (size_t)sd->width * (size_t)sd->height, n = (size_t)count;
    if (n * (pixels + latent * sizeof(float)) > host_free_bytes(NULL))
        return err_fail("%d pictures of %dx%d need %.1f GB, %.1f GB are free: ask for fewer images", count, sd->width,
                        sd->height, (double)(n * (pixels + latent * sizeof(float))) * 1e-9,
                        (double)host_free_bytes(NULL) * 1e-9);
    *out = (struct sd_images){.count = count,
                              .width = sd->width,
                              .height = sd->height,
                              .pixels = malloc(n * pixels),
                              .latents = malloc(n * latent * sizeof(float)),
                              .parameters = calloc(n, sizeof(char *))};
    struct text warning = {0};
    struct err e = out->pixels && out->latents && out->parameters ? OK : err_fail("out of memory for %d images", count);
    if (sd->schedule.note)
        text_add(&warning, "%s", sd->schedule.note);
    for (int first = 0; first < count && !e.code; first += sd->batch) {
        struct group p = {sd, request, count, first, progress};
        enum phase before = phase_enter(PHASE_text);
        e = write_contexts(&p, &warning);
        phase_return(before);
        if (!e.code)
            e = denoise(&p, latent);
        phase_enter(PHASE_decode);
        if (!e.code)
            e = decode(&p, out);
        phase_return(before);
    }
    if (!e.code)
        e = describe_images(sd, request, out);
    out->warning = warning.bytes;
    contexts_forget(&sd->prompts);
    if (e.code)
        sd_images_free(out);
    return e;
}

void sd_images_free(struct sd_images *images)
{
    for (int i = 0; images->parameters && i < images->count; i++)
        free(images->parameters[i]);
    free(images->parameters);
    free(images->pixels);
    free(images->latents);
    free(images->warning);
    *images = (struct sd_images){0};
}

struct err sd_images_save(const struct sd_images *images, int i, const char *path)
{
    size_t pixels = 3 * (size_t)images->width * (size_t)images->height;
    struct picture p = {images->width, images->height, images->pixels + (size_t)i * pixels};
    return png_write(path, &p, &(struct png_text){"parameters", images->parameters[i]}, 1);
}
