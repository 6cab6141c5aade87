/* How much noise a latent holds at each timestep, t = 0 (almost none) to 999: x_t = sqrt(abar) x_0 + sqrt(1 - abar) eps
 * with eps of variance 1. sigma is the same in other units: x_t / sqrt(abar) = x_0 + sigma eps. */
#ifndef SDBENCH_SAMPLER_NOISE_SCHEDULE_H
#define SDBENCH_SAMPLER_NOISE_SCHEDULE_H

enum { NOISE_TIMESTEPS = 1000, NOISE_LAST = NOISE_TIMESTEPS - 1 };

struct noise_schedule {
    double abar[NOISE_TIMESTEPS];
};

void noise_schedule_init(struct noise_schedule *s);

/* Also between two timesteps: linear in sigma, as diffusers does. 0 <= t <= NOISE_LAST. */
double noise_sigma(const struct noise_schedule *s, double t);

/* The exact way from one noise level to another while eps stays as it is: x' = latent x + by_eps eps. This is DDIM's
 * step (arXiv 2010.02502, equation 12, without noise), PNDM's formula (arXiv 2202.09778, equation 11; the terms cancel)
 * and DPM-Solver++ of order 1. */
struct noise_step {
    double latent, by_eps;
};
struct noise_step noise_step(double abar_from, double abar_to);

#endif
