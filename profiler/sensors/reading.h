/* One reading of all sensors of a device, and where readings come from. */
#ifndef SDBENCH_PROFILER_SENSORS_READING_H
#define SDBENCH_PROFILER_SENSORS_READING_H

#include "pipeline/base/text.h"

#include <stdint.h>

enum quantity {
#define QUANTITY(name, what) QUANTITY_##name,
#include "profiler/sensors/quantities.def"
#undef QUANTITY
    QUANTITIES
};

enum throttle {
#define THROTTLE(name, bit, words) THROTTLE_##name,
#include "profiler/sensors/throttles.def"
#undef THROTTLE
    THROTTLES
};

struct sensor_reading {
    int64_t at_ns;            /* of pipeline/base/clock.h: the middle of the reading */
    double value[QUANTITIES]; /* NAN: not known */
};

/* A device that can be read. Whoever makes one fills all of it; reading never fails, it leaves NAN. */
struct sensor_source {
    bool is_gpu;
    void *own;
    void (*read)(void *own, struct sensor_reading *out); /* out is all NAN; sets values, not the time */
    void (*close)(void *own);
    const char *why_not[QUANTITIES]; /* at the first reading; NULL where it is known; lives as long as the source */
    char name[32];                   /* "NVML", "host" */
    char reason[160];                /* why nothing at all can be read; else "" */
};

/* Both read once, to see what is there. `device` is a PCI bus id, a UUID ("GPU-...") or a number of NVML's; root is put
 * before /proc. */
void sensor_source_gpu(const char *device, const char *root, struct sensor_source *out);

/* The processors of the host: root is put before /sys and /proc; "" but in tests. */
void sensor_source_host(const char *root, struct sensor_source *out);

/* "clock, power", and "energy, memory (Not Supported), ..."; what such a device never has is left out. */
void sensor_source_describe(const struct sensor_source *s, struct text *known, struct text *unknown);

/* For a quantity that a kind of device never has. */
extern const char sensor_never[];

void sensor_reading_clear(struct sensor_reading *r);

#endif
