/* DPM-Solver++ of order 2, multistep, midpoint (arXiv 2211.01095, algorithm 2), as diffusers'
 * DPMSolverMultistepScheduler: order 1 in the first step, which has no past, and in the last, which goes to sigma 0.
 *
 * With x_0 = latent / alpha - sigma eps, x_0' that of the row before (slot 0), lambda = -ln sigma, a dash for the next
 * noise level:
 *     next latent = (alpha' sigma' / (alpha sigma)) latent + alpha' (1 - sigma' / sigma) ((1 + c) x_0 - c x_0'),
 *     c = (lambda' - lambda) / (2 (lambda - lambda of the row before)), 0 in steps of order 1 */
#include <math.h>

#include "pipeline/sampler/fill.h"

static int timestep(int steps, int row)
{
    return (int)rint((steps - row) * ((double)NOISE_LAST / steps));
}

static double alpha_of(double sigma)
{
    return 1 / sqrt(1 + sigma * sigma);
}

struct err dpmpp_2m_fill(const struct noise_schedule *noise, enum sampler_ddim ddim, int steps,
                         struct sampler_schedule *out)
{
    (void)ddim;
    TRY(sampler_rows(out, steps));
    double sigma_before = 0;
    for (int i = 0; i < steps; i++) {
        struct sampler_row *row = &out->row[i];
        int t = timestep(steps, i);
        if (i && t == timestep(steps, i - 1))
            return err_fail("%d steps round two timesteps to the same t = %d, and the formula divides by their "
                            "distance; take 1 to %d steps",
                            steps, t, steps - 1);
        double sigma = noise_sigma(noise, t);
        double sigma_next = i + 1 < steps ? noise_sigma(noise, timestep(steps, i + 1)) : 0;
        bool second = i && i + 1 < steps;
        double c = second ? log(sigma / sigma_next) / log(sigma_before / sigma) / 2 : 0;
        double alpha = alpha_of(sigma), alpha_next = alpha_of(sigma_next), k = alpha_next * (1 - sigma_next / sigma);
        double *latent = row->update[0], *x0 = row->update[1];
        row->timestep = t;
        x0[SAMPLER_LATENT] = 1 / alpha;
        x0[SAMPLER_EPS] = -sigma;
        latent[SAMPLER_LATENT] = alpha_next / alpha * sigma_next / sigma + k * (1 + c) * x0[SAMPLER_LATENT];
        latent[SAMPLER_EPS] = k * (1 + c) * x0[SAMPLER_EPS];
        latent[SAMPLER_SLOT] = -k * c;
        sigma_before = sigma;
    }
    return OK;
}
