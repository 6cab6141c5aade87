#include "bench/measure/sensed.h"

#include <math.h>
#include <stdio.h>

void warm_span_add(struct warm_span *w, const struct sample *s)
{
    if (s->warm_up || s->state != &state_rows[STATE_W1])
        return;
    if (!w->samples++)
        w->begin_ns = s->begin.time_ns;
    w->end_ns = s->end.time_ns;
}

void sensed_sample(struct variant_sensed *v, const struct sample *s)
{
    v->on_gpu += s->sensors.is_gpu;
    v->others_unknown += s->sensors.is_gpu && isnan(s->sensors.foreign_processes);
    if (s->state != &state_rows[STATE_W1])
        return;
    arm_add(&v->arm, s->sensors.throttle_share[THROTTLE_power_cap]);
    if (s->sensors.median_clock_hz > 0) {
        v->clock_hz_sum += s->sensors.median_clock_hz;
        v->clocks++;
    }
}

void sensed_process(struct variant_sensed *v, const struct sensor_summary *s, int64_t images)
{
    if (isfinite(s->energy_mj) && images > 0) {
        v->energy_mj += s->energy_mj;
        v->energy_images += images;
        v->energy_processes++;
    } else if (!*v->energy_unknown) {
        snprintf(v->energy_unknown, sizeof v->energy_unknown, "%s", s->energy_unknown);
    }
}

double sensed_image_mj(const struct variant_sensed *v)
{
    return v->energy_images ? v->energy_mj / (double)v->energy_images : NAN;
}

double sensed_clock_hz(const struct variant_sensed *v)
{
    return v->clocks ? v->clock_hz_sum / v->clocks : NAN;
}
