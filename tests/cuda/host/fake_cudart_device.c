/* Devices and versions. */
#include "tests/cuda/host/fake_cudart.h"

#include <stdio.h>
#include <string.h>

static _Thread_local int current;

int device_index(void)
{
    return current;
}

const struct fake_device *fake_device_now(void)
{
    return settings.devices > 0 ? &settings.device : NULL;
}

/* A driver of the runtime's major version, or of a later one, is enough. */
cudaError_t device_check(void)
{
    REQUIRE(settings.driver / 1000 >= CUDART_VERSION / 1000, cudaErrorInsufficientDriver);
    REQUIRE(settings.devices > 0, cudaErrorNoDevice);
    return cudaSuccess;
}

cudaError_t cudaGetDeviceCount(int *count)
{
    REQUIRE(count, cudaErrorInvalidValue);
    *count = 0;
    CALL(FAKE_ASKS, cudaErrorNoDevice);
    PASS(device_check());
    *count = settings.devices;
    return cudaSuccess;
}

cudaError_t cudaSetDevice(int device)
{
    CALL(FAKE_ASKS, cudaErrorDevicesUnavailable);
    PASS(device_check());
    REQUIRE(device >= 0 && device < settings.devices, cudaErrorInvalidDevice);
    current = device;
    return cudaSuccess;
}

cudaError_t cudaGetDevice(int *device)
{
    CALL(FAKE_ASKS, cudaErrorUnknown);
    PASS(device_check());
    REQUIRE(device, cudaErrorInvalidValue);
    *device = current;
    return cudaSuccess;
}

/* Buses 0x17, 0x18, ...: one device on each. */
static int bus_of(int device)
{
    return 0x17 + device;
}

cudaError_t cudaGetDeviceProperties(struct cudaDeviceProp *p, int device)
{
    CALL(FAKE_ASKS, cudaErrorUnknown);
    PASS(device_check());
    REQUIRE(p, cudaErrorInvalidValue);
    REQUIRE(device >= 0 && device < settings.devices, cudaErrorInvalidDevice);
    const struct fake_device *d = &settings.device;
    *p = (struct cudaDeviceProp){
        .totalGlobalMem = d->memory,
        .sharedMemPerBlock = 48 << 10,
        .sharedMemPerBlockOptin = d->shared_bytes,
        .sharedMemPerMultiprocessor = d->shared_per_multiprocessor,
        .reservedSharedMemPerBlock = d->capability >= 80 ? 1024 : 0,
        .regsPerBlock = 65536,
        .regsPerMultiprocessor = 65536,
        .warpSize = 32,
        .maxThreadsPerBlock = 1024,
        .maxThreadsDim = {1024, 1024, 64},
        .maxGridSize = {2147483647, 65535, 65535},
        .maxThreadsPerMultiProcessor = d->threads_per_multiprocessor,
        .maxBlocksPerMultiProcessor = d->blocks_per_multiprocessor,
        .major = d->capability / 10,
        .minor = d->capability % 10,
        .multiProcessorCount = d->multiprocessors,
        .l2CacheSize = d->cache_bytes,
        .memoryBusWidth = 384,
        .concurrentKernels = 1,
        .asyncEngineCount = 2,
        .unifiedAddressing = 1,
        .canMapHostMemory = 1,
        .pciBusID = bus_of(device),
    };
    snprintf(p->name, sizeof p->name, "%s", settings.name);
    for (int i = 0; i < 16; i++)
        p->uuid.bytes[i] = (char)(16 * (device + 1) + i);
    return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int *value, enum cudaDeviceAttr attribute, int device)
{
    CALL(FAKE_ASKS, cudaErrorUnknown);
    PASS(device_check());
    REQUIRE(value, cudaErrorInvalidValue);
    REQUIRE(device >= 0 && device < settings.devices, cudaErrorInvalidDevice);
    const struct fake_device *d = &settings.device;
    const struct {
        enum cudaDeviceAttr attribute;
        int value;
    } rows[] = {
        {cudaDevAttrMaxThreadsPerBlock, 1024},
        {cudaDevAttrMaxSharedMemoryPerBlock, 48 << 10},
        {cudaDevAttrMaxSharedMemoryPerBlockOptin, (int)d->shared_bytes},
        {cudaDevAttrMaxSharedMemoryPerMultiprocessor, (int)d->shared_per_multiprocessor},
        {cudaDevAttrReservedSharedMemoryPerBlock, d->capability >= 80 ? 1024 : 0},
        {cudaDevAttrWarpSize, 32},
        {cudaDevAttrMultiProcessorCount, d->multiprocessors},
        {cudaDevAttrMaxThreadsPerMultiProcessor, d->threads_per_multiprocessor},
        {cudaDevAttrMaxBlocksPerMultiprocessor, d->blocks_per_multiprocessor},
        {cudaDevAttrMaxRegistersPerBlock, 65536},
        {cudaDevAttrMaxRegistersPerMultiprocessor, 65536},
        {cudaDevAttrComputeCapabilityMajor, d->capability / 10},
        {cudaDevAttrComputeCapabilityMinor, d->capability % 10},
        {cudaDevAttrClockRate, 1500000},
        {cudaDevAttrMemoryClockRate, 2500000},
        {cudaDevAttrGlobalMemoryBusWidth, 384},
        {cudaDevAttrL2CacheSize, d->cache_bytes},
        {cudaDevAttrComputeMode, cudaComputeModeDefault},
        {cudaDevAttrConcurrentKernels, 1},
        {cudaDevAttrAsyncEngineCount, 2},
        {cudaDevAttrUnifiedAddressing, 1},
        {cudaDevAttrPciBusId, bus_of(device)},
        {cudaDevAttrPciDeviceId, 0},
        {cudaDevAttrPciDomainId, 0},
        {cudaDevAttrIntegrated, 0},
        {cudaDevAttrEccEnabled, 1},
        {cudaDevAttrMemoryPoolsSupported, 0},
        {cudaDevAttrCooperativeLaunch, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].attribute == attribute) {
            *value = rows[i].value;
            return cudaSuccess;
        }
    return error_is(cudaErrorInvalidValue);
}

cudaError_t cudaDeviceGetPCIBusId(char *id, int size, int device)
{
    CALL(FAKE_ASKS, cudaErrorUnknown);
    PASS(device_check());
    REQUIRE(id && size >= 13, cudaErrorInvalidValue);
    REQUIRE(device >= 0 && device < settings.devices, cudaErrorInvalidDevice);
    snprintf(id, (size_t)size, "0000:%02X:00.0", (unsigned)bus_of(device));
    return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int *version)
{
    CALL(FAKE_ASKS, cudaErrorUnknown);
    REQUIRE(version, cudaErrorInvalidValue);
    *version = settings.driver;
    return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int *version)
{
    CALL(FAKE_ASKS, cudaErrorUnknown);
    REQUIRE(version, cudaErrorInvalidValue);
    *version = CUDART_VERSION;
    return cudaSuccess;
}

cudaError_t cudaFuncSetAttribute(const void *function, enum cudaFuncAttribute attribute, int value)
{
    CALL(FAKE_ASKS, cudaErrorUnknown);
    PASS(device_check());
    REQUIRE(function, cudaErrorInvalidValue);
    if (attribute == cudaFuncAttributeMaxDynamicSharedMemorySize)
        REQUIRE(value >= 0 && (size_t)value <= settings.device.shared_bytes, cudaErrorInvalidValue);
    return cudaSuccess;
}

/* Ends a fault. What the program owns stays in the account: a reset is no excuse for a leak. */
cudaError_t cudaDeviceReset(void)
{
    TOLD(__func__);
    enum fake_verdict verdict = error_broken() ? FAKE_GOES_ON : fake_call(__func__, FAKE_ASKS);
    if (verdict != FAKE_GOES_ON)
        return error_of(verdict, cudaErrorUnknown);
    PASS(device_check());
    error_mend();
    return cudaSuccess;
}
