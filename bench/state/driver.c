#include "bench/state/driver.h"

#include <stdio.h>

static enum driver_persistence persistence_of(const struct nvml *n, void *device)
{
    int mode;
    if (!n->persistence || n->persistence(device, &mode) != NVML_SUCCESS)
        return PERSISTENCE_UNKNOWN;
    return mode ? PERSISTENCE_ON : PERSISTENCE_OFF;
}

/* A device that cannot be had leaves the others held. */
static void hold_devices(struct driver *d)
{
    const struct nvml *n = &d->nvml;
    unsigned count = 0;
    int result = n->count(&count);
    if (result != NVML_SUCCESS || !count)
        snprintf(d->reason, sizeof d->reason, "NVML tells of no device: %s",
                 result == NVML_SUCCESS ? "there is none" : n->text(result));
    for (unsigned i = 0; result == NVML_SUCCESS && i < count && d->devices < DRIVER_DEVICES; i++) {
        void *device;
        int refused = n->device(i, &device);
        if (refused == NVML_SUCCESS)
            d->persistence[d->devices++] = persistence_of(n, device);
        else
            snprintf(d->reason, sizeof d->reason, "NVML does not open device %u: %s", i, n->text(refused));
    }
}

void driver_hold(struct driver *d)
{
    *d = (struct driver){0};
    if (nvml_open(&d->nvml))
        hold_devices(d);
    else
        snprintf(d->reason, sizeof d->reason, "%s", d->nvml.reason);
}

void driver_release(struct driver *d)
{
    nvml_close(&d->nvml);
    d->devices = 0;
}

const char *driver_persistence_text(const struct driver *d)
{
    static const char *const texts[] = {"unknown", "off", "on"};
    for (int i = 1; i < d->devices; i++)
        if (d->persistence[i] != d->persistence[0])
            return "mixed";
    return texts[d->devices ? d->persistence[0] : PERSISTENCE_UNKNOWN];
}
