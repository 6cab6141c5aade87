#include "profiler/metrics/metrics.h"

#include <math.h>
#include <stdlib.h>

const struct metric_row metric_rows[METRIC_COUNT] = {
#define METRIC(name, unit, title, dimension, scale, ...) {#name, unit, title, dimension, scale, {__VA_ARGS__}},
#include "profiler/metrics/metrics.def"
#undef METRIC
};

void metrics_free(struct metrics *m)
{
    for (size_t i = 0; i < m->ranges; i++)
        free(m->range[i].name);
    free(m->range);
    free(m->chip);
    free(m->left_out);
    *m = (struct metrics){0};
}

struct metrics_flag metrics_flag(double measured_bytes, double model_bytes)
{
    static const double LOWEST = 1, HIGHEST = 3;
    if (!isfinite(measured_bytes) || !isfinite(model_bytes) || measured_bytes < 0 || model_bytes <= 0)
        return (struct metrics_flag){NAN, METRICS_UNKNOWN};
    const double ratio = measured_bytes / model_bytes;
    return (struct metrics_flag){ratio, ratio < LOWEST    ? METRICS_BELOW_MODEL
                                        : ratio > HIGHEST ? METRICS_ABOVE_MODEL
                                                          : METRICS_PLAUSIBLE};
}
