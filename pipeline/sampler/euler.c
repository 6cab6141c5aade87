/* Euler's method over sigma (arXiv 2206.00364, algorithm 2 without noise), as diffusers' EulerDiscreteScheduler: the
 * latent is x_0 + sigma eps here, and the network is given it at variance 1. */
#include <math.h>

#include "pipeline/sampler/fill.h"

struct err euler_fill(const struct noise_schedule *noise, enum sampler_ddim ddim, int steps,
                      struct sampler_schedule *out)
{
    (void)ddim;
    TRY(sampler_rows(out, steps));
    double sigma_next = 0;
    for (int i = 0; i < steps; i++) { /* from the last row, t = 0, up */
        struct sampler_row *row = &out->row[steps - 1 - i];
        /* real numbers, and float32 in the library */
        row->timestep = steps > 1 ? (float)(i * ((double)NOISE_LAST / (steps - 1))) : 0;
        double sigma = noise_sigma(noise, row->timestep);
        row->input_scale = 1 / sqrt(sigma * sigma + 1);
        row->update[0][SAMPLER_LATENT] = 1;
        row->update[0][SAMPLER_EPS] = sigma_next - sigma;
        sigma_next = sigma;
    }
    out->initial_scale = sigma_next;
    return OK;
}
