#include "bench/plan/subject.h"

#include "pipeline/base/file.h"
#include "pipeline/base/name.h"

/* A checkpoint of one's own has the size of sd14. */
static struct err find_config(const char *model, const struct model_config **out)
{
    const char *names[8] = {0};
    size_t index;
    for (size_t i = 0; model_configs[i].name && i + 1 < ARRAY_LEN(names); i++)
        names[i] = model_configs[i].name;
    bool path = !model_config_find(model) && file_exists(model);
    TRY(name_find("file or model", path ? "sd14" : model, names, &index));
    *out = &model_configs[index];
    return OK;
}

struct err subject_make(const struct options *o, struct subject *out)
{
    const struct sampler *sampler;
    *out = (struct subject){.width = o->size.width ? o->size.width : 512,
                            .height = o->size.height ? o->size.height : 512,
                            .images = o->batch ? o->batch : 1,
                            .guidance = o->given[OPTION_guidance] ? o->guidance : 7.5};
    TRY(find_config(o->model ? o->model : "sd14", &out->config));
    TRY(preset_find(o->preset ? o->preset : presets[0].name, &out->preset));
    TRY(size_check(out->preset, out->width, out->height));
    TRY(sampler_by_name(o->sampler ? o->sampler : "ddim", &sampler));
    out->guided = out->preset->always_guided || out->guidance > 1;
    return sampler_schedule_make(sampler, out->preset->ddim, o->steps ? o->steps : 50, &out->schedule);
}

void subject_free(struct subject *s)
{
    sampler_schedule_free(&s->schedule);
}

static struct graph *make_text_encoder(const struct subject *s)
{
    return model_text_encoder(s->config, 1);
}

static struct graph *make_diffusion_model(const struct subject *s)
{
    return model_diffusion_model(s->config, &s->preset->details, s->images, s->height / LATENT_SCALE,
                                 s->width / LATENT_SCALE);
}

static struct graph *make_denoise_step(const struct subject *s)
{
    struct denoise_shape shape = {.images = s->images,
                                  .height = s->height / LATENT_SCALE,
                                  .width = s->width / LATENT_SCALE,
                                  .rows = s->schedule.rows,
                                  .slots = s->schedule.slots,
                                  .scales_input = s->schedule.scales_input,
                                  .guided = s->guided,
                                  .guidance = s->guidance};
    return model_denoise_step(s->config, &s->preset->details, &shape);
}

static struct graph *make_decoder(const struct subject *s)
{
    return model_decoder(s->config, &s->preset->details, 1, s->height / LATENT_SCALE, s->width / LATENT_SCALE);
}

static int64_t one(const struct subject *s)
{
    (void)s;
    return 1;
}

static int64_t images(const struct subject *s)
{
    return s->images;
}

static int64_t branches(const struct subject *s)
{
    return s->images * (s->guided ? 2 : 1);
}

const struct graph_row graph_rows[] = {
    {"text_encoder", true, make_text_encoder, one},
    {"diffusion_model", false, make_diffusion_model, images},
    {"denoise_step", true, make_denoise_step, branches},
    {"decoder", true, make_decoder, one},
    {0},
};

struct err graph_row_find(const char *name, const struct graph_row **out)
{
    const char *names[ARRAY_LEN(graph_rows)] = {0};
    size_t index;
    for (size_t i = 0; graph_rows[i].name; i++)
        names[i] = graph_rows[i].name;
    TRY(name_find("graph", name, names, &index));
    *out = &graph_rows[index];
    return OK;
}
