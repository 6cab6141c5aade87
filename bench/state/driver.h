/* Keeps the GPU's driver initialised while samples run: without a process that has the devices open, and without
 * persistence mode, the kernel's part of the driver would unload between two samples and be part of each cold start.
 * NVML opens the devices and makes no context, so that this process may still start others. */
#ifndef SDBENCH_BENCH_STATE_DRIVER_H
#define SDBENCH_BENCH_STATE_DRIVER_H

#include "pipeline/runtime/nvml.h"

enum { DRIVER_DEVICES = 64 }; /* at most */

enum driver_persistence { PERSISTENCE_UNKNOWN, PERSISTENCE_OFF, PERSISTENCE_ON };

/* A zeroed one holds nothing. */
struct driver {
    struct nvml nvml;
    int devices; /* that are held */
    enum driver_persistence persistence[DRIVER_DEVICES];
    char reason[160]; /* why no device is held, or not all; else "" */
};

/* Never fails: where there is no NVML, no driver or no device, `reason` says so. */
void driver_hold(struct driver *d);
void driver_release(struct driver *d); /* legal twice */

/* Of all devices together, for the record: "on", "off", "mixed", "unknown". */
const char *driver_persistence_text(const struct driver *d);

#endif
