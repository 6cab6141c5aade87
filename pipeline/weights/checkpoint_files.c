#include "pipeline/weights/checkpoint_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/base/file.h"
#include "pipeline/base/text.h"

const char *const weights_layouts[WEIGHTS_LAYOUTS + 1] = {"diffusers", "compvis", NULL};
const char *const sub_models[SUB_MODELS] = {"text_encoder", "unet", "vae"};

size_t sub_model_of(const char *path)
{
    size_t i = 0;
    while (i < SUB_MODELS - 1 && strncmp(path, sub_models[i], strlen(sub_models[i])))
        i++;
    return i;
}

static const char pickle[] = "is a pickle; these are not read, since they can run code: convert it to safetensors";
static const char shards[] = "means weights in several files (shards), which are not read: save them as one file";

/* What a sub-folder may hold, the best first. A row with a problem is an error where nothing above it is there. */
static const struct {
    const char *file, *problem;
} candidates[] = {
    {"diffusion_pytorch_model.safetensors", NULL},
    {"model.safetensors", NULL},
    {"diffusion_pytorch_model.fp16.safetensors", NULL},
    {"model.fp16.safetensors", NULL},
    {"diffusion_pytorch_model.bf16.safetensors", NULL},
    {"model.bf16.safetensors", NULL},
    {"diffusion_pytorch_model.safetensors.index.json", shards},
    {"diffusion_pytorch_model.safetensors.index.fp16.json", shards},
    {"model.safetensors.index.json", shards},
    {"model.safetensors.index.fp16.json", shards},
    {"diffusion_pytorch_model.bin", pickle},
    {"diffusion_pytorch_model.fp16.bin", pickle},
    {"pytorch_model.bin", pickle},
    {"pytorch_model.fp16.bin", pickle},
};

static struct err open_sub_model(const char *folder, const char *sub_model, struct safetensors **out)
{
    for (size_t i = 0; i < ARRAY_LEN(candidates); i++) {
        char *path;
        if (asprintf(&path, "%s/%s/%s", folder, sub_model, candidates[i].file) < 0)
            return err_fail("%s: out of memory", folder);
        struct err e = OK;
        bool found = file_exists(path);
        if (found)
            e = candidates[i].problem ? err_fail("%s %s", path, candidates[i].problem) : safetensors_open(path, out);
        free(path);
        if (found)
            return e;
    }
    return err_fail("%s/%s: holds neither %s nor %s (nor one with .fp16.)", folder, sub_model, candidates[0].file,
                    candidates[1].file);
}

static struct err open_folder(const char *path, struct checkpoint_files *f)
{
    struct text missing = {0};
    for (size_t i = 0; i < SUB_MODELS; i++) {
        struct text folder = {0};
        text_add(&folder, "%s/%s", path, sub_models[i]);
        if (!file_is_folder(folder.bytes))
            text_add(&missing, "%s%s", missing.length ? ", " : "", sub_models[i]);
        text_free(&folder);
    }
    struct err e = OK;
    if (missing.length)
        e = err_fail("%s: not a diffusers checkpoint: folders missing in it: %s", path, missing.bytes);
    text_free(&missing);
    f->layout = WEIGHTS_DIFFUSERS;
    f->count = SUB_MODELS;
    for (size_t i = 0; i < SUB_MODELS && !e.code; i++)
        e = open_sub_model(path, sub_models[i], &f->file[i]);
    return e;
}

struct err checkpoint_files_open(const char *path, struct checkpoint_files *out)
{
    *out = (struct checkpoint_files){.layout = WEIGHTS_COMPVIS, .count = 1};
    if (!file_exists(path))
        return err_fail("%s: %s; a checkpoint is a diffusers folder or a CompVis .safetensors file", path,
                        strerror(errno));
    struct err e = file_is_folder(path) ? open_folder(path, out) : safetensors_open(path, &out->file[0]);
    if (e.code)
        checkpoint_files_close(out);
    return e;
}

void checkpoint_files_close(struct checkpoint_files *f)
{
    for (size_t i = 0; i < f->count; i++)
        safetensors_free(f->file[i]);
    *f = (struct checkpoint_files){0};
}
