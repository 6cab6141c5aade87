/* What sensors told, beside the figures that it bears on; and once what they do not tell. */
#include <math.h>
#include <string.h>

#include "bench/measure/table.h"

static const char *plural(int n)
{
    return n == 1 ? "" : "es";
}

static void add_variant(const struct variant_result *v, struct text *out)
{
    const struct variant_sensed *s = &v->sensed;
    double share = arm_share(&s->arm), hz = sensed_clock_hz(s), mj = sensed_image_mj(s);
    if (isfinite(share)) {
        text_add(out, "clock: %s: at the power cap for %.0f %% of its warm time", v->variant->title, 100 * share);
        if (isfinite(hz))
            text_add(out, ", %.0f MHz in the median", hz * 1e-6);
        text_add(out, "\n");
    }
    if (isfinite(mj))
        text_add(out, "energy: %s: %.4g J an image (%d process%s, with pauses between samples)\n", v->variant->title,
                 mj * 1e-3, s->energy_processes, plural(s->energy_processes));
}

/* The first reason that is not one of this machine, which is told anyway. */
static void add_energy_unknown(const struct bench_result *r, struct text *out)
{
    for (int i = 0; i < r->variants; i++) {
        const struct variant_sensed *s = &r->variant[i].sensed;
        bool of_machine = r->sensors_unknown && strstr(r->sensors_unknown, s->energy_unknown);
        if (!*s->energy_unknown || isfinite(sensed_image_mj(s)) || of_machine)
            continue;
        text_add(out, "note: energy an image is unknown: %s, warm samples of a process: %s\n",
                 r->variant[i].variant->title, s->energy_unknown);
        return;
    }
}

/* Silence would read as a device that nobody else used. */
static void add_others_unknown(const struct bench_result *r, struct text *out)
{
    int samples = 0, unknown = 0;
    for (int i = 0; i < r->variants; i++) {
        samples += r->variant[i].sensed.on_gpu;
        unknown += r->variant[i].sensed.others_unknown;
    }
    if (unknown)
        text_add(out, "note: other processes on the device: unknown for %d of %d samples (a container may hide them)\n",
                 unknown, samples);
}

void table_sensed(const struct bench_result *r, struct text *out)
{
    for (int i = 0; i < r->variants; i++)
        if (!r->variant[i].absent)
            add_variant(&r->variant[i], out);
    add_energy_unknown(r, out);
    add_others_unknown(r, out);
    if (r->sensors_unknown)
        text_add(out, "note: sensors: unknown: %s\n", r->sensors_unknown);
}
