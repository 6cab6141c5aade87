/* Devices that are not there, for making plans: a row of devices.def each. */
#ifndef SDBENCH_CUDA_DESCRIBED_H
#define SDBENCH_CUDA_DESCRIBED_H

#include <stddef.h>
#include <stdint.h>

struct described_device {
    const char *name, *label; /* "sm_90", "NVIDIA H200" */
    int sm, multiprocessors;  /* 90: compute capability 9.0 */
    int shared_optin;         /* bytes a block may ask for */
    int reserved_shared;      /* bytes of each block that the system keeps */
    int blocks_per_sm, threads_per_sm;
    int64_t memory;                  /* bytes */
    int clock_khz, memory_clock_khz; /* the highest */
    int l2;                          /* bytes */
};
extern const struct described_device described_devices[]; /* ends with a NULL name */

/* NULL where there is none of that name. */
const struct described_device *described_device_find(const char *name);

enum { DESCRIBED_JSON = 1024 };
/* As cuDNN reads a device's properties: all 23 keys, each of which it needs. DESCRIBED_JSON bytes are enough. */
void described_device_json(const struct described_device *d, char *out, size_t size);

#endif
