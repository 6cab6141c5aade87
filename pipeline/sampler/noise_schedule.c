#include "pipeline/sampler/noise_schedule.h"

#include <math.h>

/* Stable Diffusion v1 ("scaled linear"): the square root of beta grows evenly from that of 0.00085 to that of 0.012;
 * abar is the product of 1 - beta so far. */
void noise_schedule_init(struct noise_schedule *s)
{
    const double first = sqrt(0.00085), last = sqrt(0.012);
    double abar = 1;
    for (int t = 0; t < NOISE_TIMESTEPS; t++) {
        double root = first + (last - first) * t / NOISE_LAST;
        s->abar[t] = abar *= 1 - root * root;
    }
}

static double sigma_of(double abar)
{
    return sqrt((1 - abar) / abar);
}

double noise_sigma(const struct noise_schedule *s, double t)
{
    int below = t < NOISE_LAST ? (int)t : NOISE_LAST - 1;
    double a = sigma_of(s->abar[below]), b = sigma_of(s->abar[below + 1]);
    return a + (b - a) * (t - below);
}

struct noise_step noise_step(double abar_from, double abar_to)
{
    double alpha = sqrt(abar_to);
    return (struct noise_step){alpha / sqrt(abar_from), alpha * (sigma_of(abar_to) - sigma_of(abar_from))};
}
