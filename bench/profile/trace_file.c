#include "bench/profile/trace_file.h"

#include <math.h>

#include "bench/generate/generation.h"
#include "pipeline/runtime/backend.h"
#include "profiler/export/trace_export.h"

enum { MOST_READINGS = 4096, COUNTER_TRACKS = 4 };

/* Readings as tracks of numbers; how many there are of them. */
static size_t make_counters(struct sensors *sensors, const struct trace *trace, struct trace_counter *out)
{
    static const struct {
        enum quantity quantity;
        const char *name, *unit;
        double scale;
    } tracks[COUNTER_TRACKS] = {{QUANTITY_clock, "clock", "MHz", 1e-6},
                                {QUANTITY_memory_clock, "memory clock", "MHz", 1e-6},
                                {QUANTITY_power, "power", "W", 1e-3},
                                {QUANTITY_temperature, "temperature", "C", 1}};
    static struct sensor_reading reading[MOST_READINGS];
    size_t n = 0;
    if (!trace->repetitions)
        return 0;
    const int readings = sensors_readings(sensors, trace->repetition[0].begin_ns,
                                          trace->repetition[trace->repetitions - 1].end_ns, reading, MOST_READINGS);
    for (size_t k = 0; k < COUNTER_TRACKS; k++)
        for (int i = 0; i < readings; i++)
            if (isfinite(reading[i].value[tracks[k].quantity]))
                out[n++] = (struct trace_counter){tracks[k].name, tracks[k].unit, reading[i].at_ns,
                                                  reading[i].value[tracks[k].quantity] * tracks[k].scale};
    return n;
}

/* What a person sees above the trace, and of the device. */
struct err trace_file_write(const struct generation *g, const struct trace *trace, struct sensors *sensors)
{
    struct device_facts facts;
    const bool on_device = sd_device(g->sd, &facts);
    struct text title = {0};
    text_add(&title, "%s on %s, %d x %d, %d images", sd_variant(g->sd), sd_backend(g->sd), g->images.width,
             g->images.height, g->images.count);
    static struct trace_counter counter[COUNTER_TRACKS * MOST_READINGS];
    const struct trace_property property[] = {{"description", sd_backend_description(g->sd)}};
    const struct trace_export x = {.trace = trace,
                                   .steps = g->o->trace_steps,
                                   .title = text_get(&title),
                                   .device = on_device ? facts.name : sd_backend(g->sd),
                                   .counter = counter,
                                   .counters = make_counters(sensors, trace, counter),
                                   .property = property,
                                   .properties = ARRAY_LEN(property)};
    struct err e = trace_export_write(&x, g->o->trace_file, NULL);
    text_free(&title);
    return e;
}
