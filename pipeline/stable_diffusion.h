/* Stable Diffusion v1 text to image.
 *
 *     struct sd_options o = {.model = "tiny", .width = 128, .height = 128, .steps = 5};
 *     struct sd_request r = {.prompt = "a photograph of an astronaut riding a horse", .seed = 7};
 *     struct sd_images images = {0};
 *     struct sd *sd = NULL;
 *     struct err e = sd_open(&o, NULL, &sd);
 *     if (!e.code) e = sd_generate(sd, &r, 1, NULL, &images);
 *     if (!e.code) e = sd_images_save(&images, 0, "astronaut.png");
 *     if (e.code) fprintf(stderr, "%s\n", err_text(e));
 *     sd_images_free(&images), sd_close(sd), err_free(&e);
 *
 * sd_open does everything that does not depend on prompt and seed: reads and packs weights, chooses kernels, plans
 * memory. sd_generate may then be called as often as wanted, from one thread at a time.
 *
 * Whoever wants to know what the time goes to attaches a clock to that thread (pipeline/base/phase.h): sd_open and
 * sd_generate enter the phases of pipeline/base/phases.def. */
#ifndef SDBENCH_STABLE_DIFFUSION_H
#define SDBENCH_STABLE_DIFFUSION_H

#include "pipeline/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* NULL and 0 mean the default. Strings are copied. */
struct sd_options {
    const char *model;        /* sd14 (default) or tiny: synthetic weights; a diffusers folder; a CompVis .safetensors */
    uint64_t weights_seed;    /* of synthetic weights */
    const char *preset;       /* kerascv (default) or diffusers: whose numerics, sizes and prompt rules */
    const char *backend;      /* auto (default: cuda where a device answers, else cpu), cuda, cpu, reference, null */
    const char *variant;      /* a row of variants.def; default: fused-mixed where the machine has 16-bit products, else fused */
    const char *without, *with; /* passes to leave out or to add, comma-separated */
    const char *sampler;      /* ddim (default), ddim-legacy, pndm, euler, dpmpp-2m */
    int width, height;        /* pixels; 512 */
    int steps;                /* 50 */
    double guidance;          /* guidance scale; 7.5 where has_guidance is false */
    bool has_guidance;
    int batch;                /* images a pass; 1 */
    int threads;              /* 0: one a core */
    const char *device;       /* of a GPU: its number in PCI order, or its UUID; the first */
    double tune_seconds;      /* for timing alternatives on a device; 10 where has_tune_seconds is false */
    bool has_tune_seconds;
    const char *plan_file, *save_plan; /* choices to take from a file; where to write those that were made */
    bool force;               /* emulate what the machine has no instructions for */
};

/* A long call reports what it is doing and how far it is; returning false cancels it: ERR_CANCELLED, nothing lost. */
struct sd_progress {
    bool (*report)(void *context, const char *what, uint64_t done, uint64_t total);
    void *context;
    bool ahead; /* steps are reported when a device was told to compute them, and it is not waited for: for timing */
};

struct sd;

/* Opens a pipeline. Errors: an option that is not understood (with the nearest), a checkpoint that does not fit, too
 * little memory (with the figures), ERR_ABSENT where the machine lacks the backend or the variant. */
struct err sd_open(const struct sd_options *o, const struct sd_progress *p, struct sd **out);
void sd_close(struct sd *sd);

/* One image. Its noise comes from torch's CPU generator with `seed`, or from `noise`: 4 x height/8 x width/8 float32,
 * unit variance. An empty prompt is the unconditional one. */
struct sd_request {
    const char *prompt, *negative; /* negative: NULL for the empty prompt */
    uint64_t seed;
    const float *noise;
};

/* What was made. All arrays belong to it. */
struct sd_images {
    int count, width, height;
    uint8_t *pixels; /* count x height x width x 3, RGB */
    float *latents;  /* count x 4 x height/8 x width/8: what was decoded */
    char **parameters; /* count lines as other programs write them into a PNG's `parameters` */
    char *warning;   /* NULL, or a line: what of a prompt was cut, how a sampler counts its steps */
};

/* Makes `count` images, `batch` at a time. On an error *out is empty. A picture depends on its own request only, not on
 * the others, count or batch, as far as the backend's products do not (README). */
struct err sd_generate(struct sd *sd, const struct sd_request *request, int count, const struct sd_progress *p,
                       struct sd_images *out);
void sd_images_free(struct sd_images *images);

/* Writes image i as PNG, its parameters in a text chunk. Written whole or not at all. */
struct err sd_images_save(const struct sd_images *images, int i, const char *path);

/* Bytes of the plans: packed weights, and the arena of activations. */
struct sd_memory {
    size_t weights, arena;
};
struct sd_memory sd_memory(const struct sd *sd);

/* What the plans do: launches, of all of them once, and floating-point operations of products, of a prompt's encoding, one
 * denoising step and one picture's decoding together. */
struct sd_work {
    size_t launches;
    double flop;
};
struct sd_work sd_work(const struct sd *sd);

/* Names of what runs: "cpu", "mixed", and a line on the backend (owned by sd). Hashes of the denoise step's graph (after
 * the passes, no device) and of the kernels chosen. */
const char *sd_backend(const struct sd *sd);
const char *sd_variant(const struct sd *sd);
const char *sd_backend_description(const struct sd *sd);
/* Of the device that it runs on (pipeline/runtime/backend.h); false where that is the host. */
struct device_facts;
bool sd_device(const struct sd *sd, struct device_facts *out);
/* What it stands on (pipeline/engine.h), for plans beside its own. */
struct engine;
struct engine *sd_engine(const struct sd *sd);
uint64_t sd_graph_hash(const struct sd *sd);
uint64_t sd_choice_hash(const struct sd *sd);
int sd_evaluations(const struct sd *sd); /* of the network an image, each branch of guidance not counted apart */
bool sd_is_synthetic(const struct sd *sd);

#endif
