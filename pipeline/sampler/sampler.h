/* Samplers: each is a table of coefficients, one row an evaluation of the network, so that one graph operation
 * (sampler_update) serves them all.
 *
 *     struct sampler_schedule schedule;
 *     TRY(sampler_schedule_make(sampler_find("ddim"), SAMPLER_DDIM_LINSPACE, 50, &schedule));
 *     latent = schedule.initial_scale * noise, every slot = 0
 *     for each row: eps = network(row.input_scale * latent, row.timestep), then (latent, slots) as below
 *     sampler_schedule_free(&schedule);
 */
#ifndef SDBENCH_SAMPLER_SAMPLER_H
#define SDBENCH_SAMPLER_SAMPLER_H

#include "pipeline/base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum { SAMPLER_SLOTS = 4, SAMPLER_STATES = 1 + SAMPLER_SLOTS, SAMPLER_TERMS = 2 + SAMPLER_SLOTS };

/* Columns of `update`, and its rows: state 0 is the latent, state 1 + j slot j. */
enum { SAMPLER_LATENT = 0, SAMPLER_EPS = 1, SAMPLER_SLOT = 2 };

/* One evaluation. With state = (latent, slot 0..3), all read before any is written, the next state is
 *     next[i] = update[i][0] * latent + update[i][1] * eps + sum over j of update[i][2 + j] * slot[j]
 * and the network sees input_scale * latent at `timestep` (no whole number for some samplers). */
struct sampler_row {
    double timestep, input_scale;
    double update[SAMPLER_STATES][SAMPLER_TERMS];
};

struct sampler_schedule {
    int rows;
    int slots;            /* 0 to SAMPLER_SLOTS: those that a row reads; what goes into the others is never used */
    bool scales_input;    /* some input_scale is not 1 */
    double initial_scale; /* of noise of variance 1 */
    struct sampler_row *row;
    char *note; /* a line for the user where the rows are not quite the steps asked for, else NULL */
};

/* What "ddim" means: the preset says. */
enum sampler_ddim {
    SAMPLER_DDIM_LINSPACE, /* kerascv: KerasCV 0.8.2 and later */
    SAMPLER_DDIM_LEADING,  /* diffusers, with the scheduler settings of Stable Diffusion v1 */
};

struct noise_schedule;
struct sampler {
    const char *name, *summary;
    /* Makes out->row and sets out->initial_scale, where it is not 1; steps is in range. */
    struct err (*fill)(const struct noise_schedule *noise, enum sampler_ddim ddim, int steps,
                       struct sampler_schedule *out);
};
extern const struct sampler samplers[]; /* the last has no name */

const struct sampler *sampler_find(const char *name); /* NULL: no such sampler */

/* The rows for `steps` steps (1 to 1000). A number that the sampler cannot take is refused, one that its library takes
 * in its own way is taken so, with a note. The caller frees *out, also after an error (it is empty then). */
struct err sampler_schedule_make(const struct sampler *s, enum sampler_ddim ddim, int steps,
                                 struct sampler_schedule *out);
void sampler_schedule_free(struct sampler_schedule *s);

/* What the network is told of a timestep: [cos(t f_0), .., cos(t f_m-1), sin(t f_0), .., sin(t f_m-1)], m = width / 2,
 * f_i = 10000^(-i / m). width is even; out holds width values. */
void sampler_timestep_embedding(double timestep, int64_t width, float *out);

#endif
