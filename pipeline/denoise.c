#include "pipeline/denoise.h"

#include <stdio.h>
#include <stdlib.h>

#include "pipeline/graph/build.h"

static struct err write_tables(struct plan *p, const struct sampler_schedule *s)
{
    const struct graph *g = plan_graph(p);
    int64_t width = graph_dim(g, graph_find(g, "timestep_embeddings"), 1);
    int states = 1 + s->slots, terms = states + 1;
    float *times = malloc((size_t)(s->rows * width) * sizeof *times);
    float *scales = malloc((size_t)s->rows * sizeof *scales);
    float *table = malloc((size_t)(s->rows * states * terms) * sizeof *table);
    struct err e = times && scales && table ? OK : err_fail("out of memory for the sampler's tables");
    for (int r = 0; r < s->rows && !e.code; r++) {
        sampler_timestep_embedding(s->row[r].timestep, width, times + r * width);
        scales[r] = (float)s->row[r].input_scale;
        for (int i = 0; i < states; i++)
            for (int j = 0; j < terms; j++)
                table[(r * states + i) * terms + j] = (float)s->row[r].update[i][j];
    }
    if (!e.code)
        e = plan_write(p, "timestep_embeddings", times);
    if (!e.code)
        e = plan_write(p, "coefficients", table);
    if (!e.code && s->scales_input)
        e = plan_write(p, "input_scales", scales);
    free(times);
    free(scales);
    free(table);
    return e;
}

static struct err write_states(struct plan *p, const struct sampler_schedule *s, const float *noise)
{
    const struct graph *g = plan_graph(p);
    size_t count = (size_t)shape_count(g->value[graph_find(g, "latent")].shape);
    float *latent = malloc(count * sizeof *latent), *zero = calloc(count, sizeof *zero);
    struct err e = latent && zero ? OK : err_fail("out of memory for the latent");
    for (size_t i = 0; i < count && !e.code; i++)
        latent[i] = (float)(s->initial_scale * (double)noise[i]);
    if (!e.code)
        e = plan_write(p, "latent", latent);
    for (int i = 0; i < s->slots && !e.code; i++) {
        char slot[24];
        snprintf(slot, sizeof slot, "slot.%d", i);
        e = plan_write(p, slot, zero);
    }
    free(latent);
    free(zero);
    return e.code ? e : plan_write(p, "counter", &(int32_t){0});
}

struct err denoise_start(struct plan *p, const struct sampler_schedule *schedule, const float *noise)
{
    TRY(write_tables(p, schedule));
    TRY(write_states(p, schedule, noise));
    return plan_begin(p);
}
