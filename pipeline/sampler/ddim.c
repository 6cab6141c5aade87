/* DDIM without noise (arXiv 2010.02502): one noise_step a row. The libraries differ in their timesteps, and in how much
 * noise the last step leaves. */
#include <math.h>

#include "pipeline/sampler/fill.h"

/* t: n timesteps, growing; they are walked from the last to the first, and then to abar_final. */
static struct err ddim_rows(const struct noise_schedule *noise, const int *t, int n, double abar_final,
                            struct sampler_schedule *out)
{
    TRY(sampler_rows(out, n));
    struct sampler_row *row = out->row;
    for (int i = n - 1; i >= 0; i--, row++) {
        struct noise_step step = noise_step(noise->abar[t[i]], i ? noise->abar[t[i - 1]] : abar_final);
        row->timestep = t[i];
        row->update[0][SAMPLER_LATENT] = step.latent;
        row->update[0][SAMPLER_EPS] = step.by_eps;
    }
    return OK;
}

static struct err ddim_linspace(const struct noise_schedule *noise, int steps, struct sampler_schedule *out)
{
    int t[NOISE_TIMESTEPS] = {0}; /* of one step: t = 0 */
    for (int i = 1; i < steps; i++)
        t[i] = (int)rint((double)(i * NOISE_LAST) / (steps - 1)); /* half to even */
    return ddim_rows(noise, t, steps, 1, out);
}

static struct err ddim_leading(const struct noise_schedule *noise, int steps, struct sampler_schedule *out)
{
    int t[NOISE_TIMESTEPS], gap;
    TRY(sampler_leading_gap(steps, &gap));
    for (int i = 0; i < steps; i++)
        t[i] = 1 + i * gap;
    return ddim_rows(noise, t, steps, noise->abar[0], out);
}

struct err ddim_fill(const struct noise_schedule *noise, enum sampler_ddim ddim, int steps,
                     struct sampler_schedule *out)
{
    return ddim == SAMPLER_DDIM_LINSPACE ? ddim_linspace(noise, steps, out) : ddim_leading(noise, steps, out);
}

/* As many timesteps as fit below 1000, which may be more than asked for. */
struct err ddim_legacy_fill(const struct noise_schedule *noise, enum sampler_ddim ddim, int steps,
                            struct sampler_schedule *out)
{
    (void)ddim;
    int t[NOISE_TIMESTEPS], n = 0;
    for (int at = 1; at < NOISE_TIMESTEPS; at += NOISE_TIMESTEPS / steps)
        t[n++] = at;
    return ddim_rows(noise, t, n, 1, out);
}
