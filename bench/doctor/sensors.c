#include "profiler/sensors/sensors.h"

#include "bench/doctor/findings.h"
#include "profiler/sensors/settings.h"

/* What could be read is a strength of the machine, what cannot no fault of it: times are measured all the same. */
static void add_sensors(struct findings *f, const char *section, const char *device)
{
    struct sensors *s = sensors_open(&(struct sensors_options){.device = device});
    struct text known = {0}, unknown = {0};
    sensors_describe(s, &known, &unknown);
    findings_add(f, section, "sensors", known.length, "%s%s%s",
                 known.length ? text_get(&known) : "unknown: ", known.length && unknown.length ? "; unknown: " : "",
                 text_get(&unknown));
    text_free(&known);
    text_free(&unknown);
    sensors_close(s);
}

void doctor_sensors_host(struct findings *f)
{
    add_sensors(f, "cpu", "");
}

void doctor_sensors_gpu(struct findings *f, const char *bus)
{
    struct text settings = {0};
    add_sensors(f, "gpu", *bus ? bus : "unknown");
    gpu_settings(bus, &settings);
    if (settings.length)
        findings_add(f, "gpu", "settings", true, "%s", text_get(&settings));
    text_free(&settings);
}
