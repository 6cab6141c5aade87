#include "profiler/sensors/settings.h"

#include "pipeline/runtime/nvml.h"

static void add(struct text *out, const char *words)
{
    text_add(out, "%s%s", out->length ? ", " : "", words);
}

static void add_settings(const struct nvml *n, void *device, struct text *out)
{
    unsigned mode, pending, value;
    int persistence;
    if (n->persistence && n->persistence(device, &persistence) == NVML_SUCCESS)
        add(out, persistence ? "persistence on" : "persistence off: the driver may unload between two processes");
    if (n->mig && n->mig(device, &mode, &pending) == NVML_SUCCESS)
        add(out, mode ? "divided into slices (MIG)" : "MIG off");
    if (n->power_limit && n->power_limit(device, &value) == NVML_SUCCESS) {
        add(out, "power limit ");
        text_add(out, "%.0f W", value * 1e-3);
    }
    if (n->most_clock && n->most_clock(device, NVML_CLOCK_SM, &value) == NVML_SUCCESS) {
        add(out, "SM clock at most ");
        text_add(out, "%u MHz", value);
    }
}

void gpu_settings(const char *bus, struct text *out)
{
    struct nvml n;
    void *device;
    if (nvml_open(&n) && n.of_bus && n.of_bus(bus, &device) == NVML_SUCCESS)
        add_settings(&n, device, out);
    nvml_close(&n);
}
