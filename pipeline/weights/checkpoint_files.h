/* The files of a checkpoint: where people keep them, and opening them. */
#ifndef SDBENCH_WEIGHTS_CHECKPOINT_FILES_H
#define SDBENCH_WEIGHTS_CHECKPOINT_FILES_H

#include "pipeline/weights/safetensors.h"

enum weights_layout {
    WEIGHTS_DIFFUSERS, /* a folder with a sub-folder for each sub-model */
    WEIGHTS_COMPVIS,   /* one file */
    WEIGHTS_LAYOUTS
};
extern const char *const weights_layouts[WEIGHTS_LAYOUTS + 1]; /* names, for options; ends with NULL */

enum { SUB_MODELS = 3 };
extern const char *const sub_models[SUB_MODELS]; /* "text_encoder", "unet", "vae" */

/* Which of them a path "<sub-model>/<name>" begins with; the last where it is none. */
size_t sub_model_of(const char *path);

struct checkpoint_files {
    enum weights_layout layout;
    size_t count;
    struct safetensors *file[SUB_MODELS]; /* in a folder, file i is that of sub_models[i] */
};

/* Opens what stands at `path`. A sub-folder may hold several files: the first of `diffusion_pytorch_model.safetensors`,
 * `model.safetensors` (float32 as a rule), then the same with `.fp16.`, then with `.bf16.` is taken. */
struct err checkpoint_files_open(const char *path, struct checkpoint_files *out);
void checkpoint_files_close(struct checkpoint_files *f);

#endif
