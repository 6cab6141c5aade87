#include "pipeline/runtime/cuda/described.h"

#include <stdio.h>
#include <string.h>

const struct described_device described_devices[] = {
#define DEVICE(name, ...) {#name, __VA_ARGS__},
#include "pipeline/runtime/cuda/devices.def"
#undef DEVICE
    {0},
};

const struct described_device *described_device_find(const char *name)
{
    for (const struct described_device *d = described_devices; d->name; d++)
        if (!strcmp(d->name, name))
            return d;
    return NULL;
}

/* What is the same on all of them: the limits of a grid and a block, registers, warps, shared memory without asking.
 * The driver is CUDA 13.0's, the bus number 0. */
void described_device_json(const struct described_device *d, char *out, size_t size)
{
    snprintf(out, size,
             "{\"cudaDeviceId\":0,\"deviceName\":\"%s\",\"deviceVer\":%d,\"driverVer\":13000,"
             "\"maxGridSize\":[2147483647,65535,65535],\"maxBlockSize\":[1024,1024,64],\"regsPerBlock\":65536,"
             "\"multiProcessorCount\":%d,\"warpSize\":32,\"maxSharedMemoryPerBlock\":49152,"
             "\"maxSharedMemoryPerBlockOptin\":%d,\"reservedSharedMemoryPerBlock\":%d,\"maxRegistersPerSM\":65536,"
             "\"maxCtasPerSM\":%d,\"maxThreadsPerBlock\":1024,\"maxThreadsPerSM\":%d,\"pciDeviceId\":0,"
             "\"isTccDriver\":0,\"supportCoopLaunch\":1,\"totalGlobalMem\":%lld,\"smClockRateKHz\":%d,"
             "\"memClockRateKHz\":%d,\"l2CacheSize\":%d}",
             d->label, d->sm * 10, d->multiprocessors, d->shared_optin, d->reserved_shared, d->blocks_per_sm,
             d->threads_per_sm, (long long)d->memory, d->clock_khz, d->memory_clock_khz, d->l2);
}
