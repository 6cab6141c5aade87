#include "bench/verify/reference_values.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/verify/check.h"

/* metadata "run": [{"steps": 5, "guidance": 7.5}, ...] */
static struct err check_runs(struct check *c)
{
    const char *text = safetensors_metadata(c->file, "run");
    cJSON *list = text ? cJSON_Parse(text) : NULL;
    struct err e = text && !cJSON_IsArray(list) ? err_fail("metadata run: is not a JSON list") : OK;
    for (int k = 0; !e.code && k < cJSON_GetArraySize(list); k++) {
        const cJSON *steps = cJSON_GetObjectItem(cJSON_GetArrayItem(list, k), "steps");
        const cJSON *guidance = cJSON_GetObjectItem(cJSON_GetArrayItem(list, k), "guidance");
        if (!cJSON_IsNumber(steps) || !cJSON_IsNumber(guidance))
            e = err_fail("metadata run: entry %d needs numbers steps and guidance", k);
        else if (check_find(c, "run/%d/%s", k, "noise"))
            e = check_run(c, k, steps->valueint, guidance->valuedouble);
    }
    cJSON_Delete(list);
    return e;
}

static struct err open_check(struct check *c, const char *model, const char *seed)
{
    struct engine_options engine = options_engine(c->o);
    const char *reference = safetensors_metadata(c->file, "reference");
    const char *preset = c->o->preset ? c->o->preset : safetensors_metadata(c->file, "preset");
    if (!preset)
        return err_fail("metadata names no preset: give --preset");
    TRY(preset_find(preset, &c->preset));
    if (!engine.model)
        engine.model = model;
    if (!c->o->given[OPTION_weights_seed] && seed)
        engine.weights_seed = strtoull(seed, NULL, 10);
    if (!engine.model)
        return err_fail("metadata names no model: give --model");
    TRY(engine_open(&engine, NULL, &c->engine));
    if (!engine_backend(c->engine)->computes)
        return err_fail("backend %s computes nothing: there is nothing to verify", engine_backend(c->engine)->name);
    c->config = engine_config(c->engine);
    bool float32 = reference && !strcmp(reference, "float32");
    const struct variant *variant = engine_variant(c->engine);
    const struct backend *backend = engine_backend(c->engine);
    c->class = agreement_class_of(variant->half, backend->half == DTYPE_f16, variant->tf32, backend->long_sums, float32);
    snprintf(c->out->title, sizeof c->out->title, "%s, preset %s, reference in %s; %s on %s", engine.model,
             c->preset->name, float32 ? "float32" : "float64", variant->name, backend->name);
    return OK;
}

struct err check_all(struct check *c)
{
    struct err e = check_text(c);
    for (int k = 0; !e.code && check_find(c, "unet/%d/%s", k, "latent"); k++)
        e = check_unet(c, k);
    for (int k = 0; !e.code && check_find(c, "vae/%d/%s", k, "latent"); k++)
        e = check_vae(c, k);
    return e.code ? e : check_runs(c);
}

struct err reference_values_check(const char *path, const struct options *o, struct recomputed *out)
{
    struct check c = {.o = o, .out = out};
    *out = (struct recomputed){0};
    struct err e = safetensors_open(path, &c.file);
    if (e.code)
        return e;
    e = open_check(&c, safetensors_metadata(c.file, "model"), safetensors_metadata(c.file, "weights_seed"));
    if (!e.code)
        e = check_all(&c);
    engine_free(c.engine);
    free(c.context);
    safetensors_free(c.file);
    return err_wrap(e, "%s", path);
}

void recomputed_free(struct recomputed *r)
{
    for (size_t i = 0; i < r->owns; i++)
        free(r->own[i].data);
    free(r->own);
    free(r->row);
    *r = (struct recomputed){0};
}
