#include <math.h>

#include "pipeline/sampler/sampler.h"

void sampler_timestep_embedding(double timestep, int64_t width, float *out)
{
    int64_t half = width / 2;
    for (int64_t i = 0; i < half; i++) {
        double angle = timestep * pow(10000, -(double)i / (double)half);
        out[i] = (float)cos(angle);
        out[half + i] = (float)sin(angle);
    }
}
