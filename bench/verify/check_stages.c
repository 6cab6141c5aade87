#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/verify/check.h"

struct err check_text(struct check *c)
{
    const struct stored_tensor *t = safetensors_find(c->file, "text/ids");
    if (!t)
        return err_fail("has no text/ids");
    if (t->shape.rank != 2 || t->shape.dim[0] < 1 || t->shape.dim[1] != TEXT_TOKENS)
        return err_fail("text/ids: must be one or more rows of %d ids", TEXT_TOKENS);
    c->rows = t->shape.dim[0];
    size_t width = TEXT_TOKENS * (size_t)c->config->text_width;
    int32_t ids[TEXT_TOKENS];
    struct plan *p = NULL;
    c->context = malloc((size_t)c->rows * width * sizeof *c->context + 1);
    float *copy = malloc((size_t)c->rows * width * sizeof *copy + 1);
    struct err e = c->context && copy ? check_plan(c, model_text_encoder(c->config, 1), &p) : err_fail("out of memory");
    for (int64_t row = 0; row < c->rows && !e.code; row++) {
        e = stored_tensor_read_i32(t, row * TEXT_TOKENS, TEXT_TOKENS, ids);
        for (int i = 0; i < TEXT_TOKENS && !e.code; i++)
            if (ids[i] < 0 || ids[i] >= TEXT_VOCABULARY)
                e = err_fail("text/ids: %" PRId32 " is no token", ids[i]);
        if (!e.code)
            e = plan_write(p, "ids", ids);
        if (!e.code)
            e = plan_begin(p);
        if (!e.code)
            e = plan_step(p);
        if (!e.code)
            e = plan_read(p, "context", c->context + (size_t)row * width);
    }
    plan_free(p);
    if (e.code) {
        free(copy);
        return e;
    }
    memcpy(copy, c->context, (size_t)c->rows * width * sizeof *copy);
    return check_judge(c, "text/context", AGREE_TEXT, SHAPE(c->rows, TEXT_TOKENS, c->config->text_width), copy);
}

/* The reference's own contexts, so that errors of the text encoder do not add up with the UNet's; ours where there are
 * none. */
static struct err contexts_of(const struct check *c, int k, int64_t n, float **out)
{
    const struct stored_tensor *own = check_find(c, "unet/%d/%s", k, "context");
    const struct stored_tensor *all = safetensors_find(c->file, "text/context");
    size_t width = TEXT_TOKENS * (size_t)c->config->text_width;
    int64_t first = own ? 0 : n == 1 ? 1 : 0, rows = own ? own->shape.dim[0] : all ? all->shape.dim[0] : c->rows;
    float *stored = NULL;
    if (first + n > rows)
        return err_fail("unet/%d: %" PRId64 " rows need as many contexts, the file has %" PRId64, k, n, rows);
    if (own || all)
        TRY(check_values(own ? own : all, 3, &stored));
    *out = malloc((size_t)n * width * sizeof **out);
    bool fits = !stored || (size_t)shape_count((own ? own : all)->shape) == (size_t)rows * width;
    if (*out && fits)
        memcpy(*out, (stored ? stored : c->context) + (size_t)first * width, (size_t)n * width * sizeof **out);
    free(stored);
    return !fits ? err_fail("unet/%d: contexts must be 77 x %" PRId64, k, c->config->text_width) : *out ? OK : err_fail("out of memory");
}

/* Stages whose outputs the file has, as outputs of the graph: "unet/3/taps/mid_block" is scope "unet/mid_block". */
static struct err add_taps(const struct check *c, int k, struct graph *g)
{
    char prefix[32], scope[128];
    snprintf(prefix, sizeof prefix, "unet/%d/taps/", k);
    for (size_t i = 0; i < safetensors_count(c->file); i++) {
        const char *name = safetensors_at(c->file, i)->name;
        if (strncmp(name, prefix, strlen(prefix)))
            continue;
        snprintf(scope, sizeof scope, "unet/%s", name + strlen(prefix));
        value_id v = graph_scope_output(g, scope);
        if (v == NO_VALUE)
            return err_fail("%s: the model has no such stage", name);
        graph_output(g, name, v);
    }
    return OK;
}

struct err check_unet(struct check *c, int k)
{
    const struct stored_tensor *t = check_find(c, "unet/%d/%s", k, "latent"), *time = check_find(c, "unet/%d/%s", k, "timestep");
    float *latent = NULL, *context = NULL, *embedding = NULL;
    struct plan *p = NULL;
    struct graph *g = NULL;
    int32_t timestep = 0;
    char name[96];
    if (!time || !time->bytes)
        return err_fail("unet/%d has no timestep", k);
    struct err e = check_latents(t, &latent);
    if (!e.code)
        e = stored_tensor_read_i32(time, 0, 1, &timestep);
    int64_t n = t->shape.dim[0], width = c->config->unet_channels[0];
    if (!e.code)
        e = contexts_of(c, k, n, &context);
    if (!e.code) {
        g = model_diffusion_model(c->config, &c->preset->details, n, t->shape.dim[2], t->shape.dim[3]);
        e = add_taps(c, k, g);
    }
    embedding = malloc((size_t)width * sizeof *embedding);
    if (!e.code && !embedding)
        e = err_fail("out of memory");
    if (!e.code) {
        sampler_timestep_embedding(timestep, width, embedding);
        struct graph *taken = g;
        g = NULL;
        e = check_plan(c, taken, &p);
    }
    if (!e.code)
        e = plan_write(p, "latent", latent);
    if (!e.code)
        e = plan_write(p, "timestep_embedding", embedding);
    if (!e.code)
        e = plan_write(p, "context", context);
    if (!e.code)
        e = plan_begin(p);
    if (!e.code)
        e = plan_step(p);
    snprintf(name, sizeof name, "unet/%d/eps", k);
    if (!e.code)
        e = check_judge_output(c, p, "eps", name, AGREE_UNET);
    for (int i = 1; !e.code && i < plan_graph(p)->n_outputs; i++)
        e = check_judge_output(c, p, plan_graph(p)->output[i].name, plan_graph(p)->output[i].name, AGREE_UNET);
    graph_free(g);
    plan_free(p);
    free(latent);
    free(context);
    free(embedding);
    return e;
}

struct err check_decode(struct check *c, const float *latent, struct shape s, const char *image, const char *pixels,
                         enum agreement_kind kind)
{
    struct plan *p = NULL;
    struct err e = check_plan(c, model_decoder(c->config, &c->preset->details, s.dim[0], s.dim[2], s.dim[3]), &p);
    if (!e.code)
        e = plan_write(p, "latent", latent);
    if (!e.code)
        e = plan_begin(p);
    if (!e.code)
        e = plan_step(p);
    if (!e.code)
        e = check_judge_output(c, p, "image", image, kind);
    if (!e.code && pixels) {
        struct shape shape = SHAPE(s.dim[0], s.dim[2] * LATENT_SCALE, s.dim[3] * LATENT_SCALE, 3);
        uint8_t *ours = malloc((size_t)shape_count(shape));
        e = ours ? plan_read(p, "pixels", ours) : err_fail("out of memory");
        if (e.code)
            free(ours);
        else
            e = check_judge_pixels(c, pixels, shape, ours);
    }
    plan_free(p);
    return e;
}

struct err check_vae(struct check *c, int k)
{
    const struct stored_tensor *t = check_find(c, "vae/%d/%s", k, "latent");
    char image[96];
    float *latent = NULL;
    snprintf(image, sizeof image, "vae/%d/image", k);
    TRY(check_latents(t, &latent));
    struct err e = check_decode(c, latent, t->shape, image, NULL, AGREE_VAE);
    free(latent);
    return e;
}
