/* What has to be true before hardware counters can be read, asked of the driver and of CUPTI. */
#ifndef SDBENCH_CUPTI_METRICS_DEVICE_H
#define SDBENCH_CUPTI_METRICS_DEVICE_H

#include <cuda.h>
#include <stdint.h>

#include "profiler/cupti/library.h"

struct metrics_device {
    CUcontext context; /* of the calling thread */
    CUdevice device;
    int driver;            /* CUDA version that it offers: 13000 */
    uint32_t cupti;        /* of the library that was loaded: 130001 */
    const char *chip;      /* CUPTI's memory */
    uint8_t *availability; /* image of the counters that the device offers; malloc'ed */
    CUresult (*synchronize)(void);
    struct metrics_device_calls *calls;
};

/* CUPTI's profiler is started here, and ended by metrics_device_close. */
struct err metrics_device_open(const struct library *driver, const struct library *cupti, struct metrics_device *out);
void metrics_device_close(struct metrics_device *d); /* legal on a zeroed one */

#endif
