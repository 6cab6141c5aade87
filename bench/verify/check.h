/* One file of reference values being checked: shared by reference_values.c (the file), check_values.c (comparing),
 * check_stages.c (one graph at a time) and check_run.c (the loop). */
#ifndef SDBENCH_BENCH_VERIFY_CHECK_H
#define SDBENCH_BENCH_VERIFY_CHECK_H

#include "bench/verify/reference_values.h"

struct check {
    const struct options *o;
    struct safetensors *file;
    const struct preset *preset;
    struct engine *engine;
    const struct model_config *config;
    enum agreement_class class;
    struct recomputed *out;
    float *context; /* ours, rows x 77 x C */
    int64_t rows;
};

/* The tensor "<family>/k/leaf", from a format such as "unet/%d/%s"; NULL where the file has none. */
const struct stored_tensor *check_find(const struct check *c, const char *format, int k, const char *leaf);

/* A tensor as float32, malloc'ed; its rank is checked. */
struct err check_values(const struct stored_tensor *t, int rank, float **out);

/* The same of latents or noise, N x 4 x H x W: what a graph is built from. */
struct err check_latents(const struct stored_tensor *t, float **out);

/* Compares ours (malloc'ed, taken) with a stored tensor, where the file has it, and keeps ours. A reference with more
 * rows than ours (a timestep embedding stored for each image) is compared with ours repeated. */
struct err check_judge(struct check *c, const char *name, enum agreement_kind kind, struct shape shape, float *ours);
struct err check_judge_pixels(struct check *c, const char *name, struct shape shape, uint8_t *ours);

/* Reads an output of a plan into new memory and judges it. */
struct err check_judge_output(struct check *c, struct plan *p, const char *output, const char *name,
                              enum agreement_kind kind);

/* Plans a graph (taken), loads its weights. */
struct err check_plan(struct check *c, struct graph *g, struct plan **out);

/* All that the file holds; the engine is open. The parts: */
struct err check_all(struct check *c);
struct err check_text(struct check *c);
struct err check_unet(struct check *c, int k);
struct err check_vae(struct check *c, int k);
struct err check_run(struct check *c, int k, int steps, double guidance);

/* Decodes latents (n,4,h,w), one batch; judges image, and pixels where a name is given. */
struct err check_decode(struct check *c, const float *latent, struct shape s, const char *image, const char *pixels,
                        enum agreement_kind kind);

#endif
