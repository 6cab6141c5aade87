/* PNDM (arXiv 2202.09778) as diffusers runs it for Stable Diffusion: no Runge-Kutta start ("skip_prk_steps"). A step
 * takes a mean of the latest eps (Adams-Bashforth); the first one is made twice, the second time with the mean of the
 * eps at both of its ends. Timesteps: t_0, t_1, t_1, t_2, ... */
#include "pipeline/sampler/fill.h"

/* Slots: the three eps before this one, latest first. START is the latent before the first step: only the second row
 * needs it, so it may lie where EPS_2 will come. */
enum { EPS_1, EPS_2, EPS_3, START = EPS_2, ORDER = 4 };

/* Weights of eps, EPS_1, EPS_2, EPS_3, where 0, 1, 2, 3 earlier ones are known. */
static const double adams_bashforth[ORDER][ORDER] = {
    {1},
    {3 / 2., -1 / 2.},
    {23 / 12., -16 / 12., 5 / 12.},
    {55 / 24., -59 / 24., 37 / 24., -9 / 24.},
};
static const double mean[ORDER] = {1 / 2., 1 / 2.};

/* What a row leaves to the rows after it. */
static void put(struct sampler_row *row, int slot, int term)
{
    row->update[1 + slot][term] = 1;
}

static void put_all(struct sampler_row *row, int k)
{
    put(row, EPS_1, k == 1 ? SAMPLER_SLOT + EPS_1 : SAMPLER_EPS); /* the second eps serves the mean only */
    if (k == 0)
        put(row, START, SAMPLER_LATENT);
    if (k > 1) {
        put(row, EPS_2, SAMPLER_SLOT + EPS_1);
        put(row, EPS_3, SAMPLER_SLOT + EPS_2);
    }
}

struct err pndm_fill(const struct noise_schedule *noise, enum sampler_ddim ddim, int steps,
                     struct sampler_schedule *out)
{
    (void)ddim;
    int gap;
    TRY(sampler_leading_gap(steps, &gap));
    TRY(sampler_rows(out, steps > 1 ? steps + 1 : 1));
    for (int k = 0; k < out->rows; k++) {
        struct sampler_row *row = &out->row[k];
        int taken = k < 2 ? k : k - 1; /* steps from the first timestep to this one */
        int t = 1 + (steps - 1 - taken) * gap, from = k == 1 ? t + gap : t, to = from > gap ? from - gap : 0;
        int known = k < 2 ? 0 : k - 1;
        const double *weight = k == 1 ? mean : adams_bashforth[known < ORDER ? known : ORDER - 1];
        struct noise_step step = noise_step(noise->abar[from], noise->abar[to]);
        row->timestep = t;
        row->update[0][k == 1 ? SAMPLER_SLOT + START : SAMPLER_LATENT] = step.latent;
        for (int j = 0; j < ORDER; j++)
            row->update[0][SAMPLER_EPS + j] += step.by_eps * weight[j];
        put_all(row, k);
    }
    return OK;
}
