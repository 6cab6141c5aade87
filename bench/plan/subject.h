/* What the options of `plan` ask about: sizes, preset, sampler, and which of the model's graphs. */
#ifndef SDBENCH_BENCH_PLAN_SUBJECT_H
#define SDBENCH_BENCH_PLAN_SUBJECT_H

#include "bench/options.h"

struct subject {
    const struct model_config *config;
    const struct preset *preset;
    struct sampler_schedule schedule; /* owned */
    int width, height;                /* pixels */
    int64_t images;                   /* a pass */
    bool guided;
    double guidance;
};
struct err subject_make(const struct options *o, struct subject *out);
void subject_free(struct subject *s);

/* The graphs that a picture needs, and the network of denoise_step by itself. */
struct graph_row {
    const char *name;
    bool shown; /* also where --graph does not ask for it */
    struct graph *(*make)(const struct subject *s);
    int64_t (*samples)(const struct subject *s); /* prompts, latents or pictures that go through it at once */
};
extern const struct graph_row graph_rows[]; /* ends with a NULL name */

/* Finds a row; an unknown name is an error with the nearest. */
struct err graph_row_find(const char *name, const struct graph_row **out);

#endif
