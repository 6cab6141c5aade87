#include "bench/statistics/draw.h"

#include <math.h>

uint64_t draw_bits(struct draw *d)
{
    uint64_t z = d->state += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
}

double draw_uniform(struct draw *d)
{
    return (double)(draw_bits(d) >> 11) * 0x1p-53;
}

/* Box and Muller's transform; 1 - u is never 0. */
double draw_normal(struct draw *d)
{
    double radius = sqrt(-2 * log(1 - draw_uniform(d))), turn = draw_uniform(d);
    return radius * cos(2 * acos(-1.0) * turn);
}

int draw_below(struct draw *d, int n)
{
    return (int)(draw_uniform(d) * n);
}
