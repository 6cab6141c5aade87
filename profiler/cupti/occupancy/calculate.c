#include <cuda_occupancy.h>
#include <limits.h>

#include "profiler/cupti/library.h"
#include "profiler/cupti/occupancy/limits.h"

/* The first row whose limits all hold. What the device sets and no change of the kernel lifts comes first. */
static const char *name_of(unsigned limits)
{
    static const struct {
        unsigned limits;
        const char *name;
    } rows[] = {
        {OCC_LIMIT_WARPS, "warps"},
        {OCC_LIMIT_BLOCKS, "blocks"},
        {OCC_LIMIT_REGISTERS | OCC_LIMIT_SHARED_MEMORY, "registers and shared memory"},
        {OCC_LIMIT_REGISTERS, "registers"},
        {OCC_LIMIT_SHARED_MEMORY, "shared memory"},
        {OCC_LIMIT_BARRIERS, "barriers"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if ((limits & rows[i].limits) == rows[i].limits)
            return rows[i].name;
    return "other";
}

static int64_t product(const uint32_t n[3])
{
    return (int64_t)n[0] * n[1] * n[2]; /* the driver's limits keep it below 2^63 */
}

static struct err calculate(const struct kernel_shape *shape, const struct occupancy_device *d, struct occupancy *out)
{
    const cudaOccDeviceProp device = {
        .computeMajor = d->major,
        .computeMinor = d->minor,
        .maxThreadsPerBlock = d->threads_per_block,
        .maxThreadsPerMultiprocessor = d->threads_per_multiprocessor,
        .regsPerBlock = d->registers_per_block,
        .regsPerMultiprocessor = d->registers_per_multiprocessor,
        .warpSize = d->warp,
        .sharedMemPerBlock = (size_t)d->shared_per_block,
        .sharedMemPerMultiprocessor = (size_t)d->shared_per_multiprocessor,
        .numSms = d->multiprocessors,
        .sharedMemPerBlockOptin = (size_t)d->shared_per_block_optin,
        .reservedSharedMemPerBlock = (size_t)d->shared_reserved,
    };
    const cudaOccFuncAttributes kernel = {
        .maxThreadsPerBlock = INT_MAX,
        .numRegs = (int)shape->registers,
        .sharedSizeBytes = shape->shared_static,
        .shmemLimitConfig = FUNC_SHMEM_LIMIT_OPTIN,
        .maxDynamicSharedSizeBytes = shape->shared_dynamic,
        .numBlockBarriers = 1,
    };
    /* All zero would mean a carveout of no shared memory. */
    const cudaOccDeviceState state = {CACHE_PREFER_NONE, SHAREDMEM_CARVEOUT_DEFAULT};
    const int64_t threads = product(shape->block), blocks = product(shape->grid);
    cudaOccResult result = {0};
    *out = (struct occupancy){0};
    if (threads <= 0 || threads > d->threads_per_block || blocks <= 0 || shape->registers > INT_MAX)
        return err_fail("occupancy: blocks of %lld threads in a grid of %lld do not run on this device (at most %d)",
                        (long long)threads, (long long)blocks, d->threads_per_block);
    const uint64_t shared = (uint64_t)shape->shared_static + shape->shared_dynamic;
    const bool fits = shared <= (uint64_t)d->shared_per_block_optin;
    const cudaOccError e = !fits ? CUDA_OCC_SUCCESS
                                 : cudaOccMaxActiveBlocksPerMultiprocessor(&result, &device, &kernel, &state,
                                                                           (int)threads, shape->shared_dynamic);
    if (e != CUDA_OCC_SUCCESS)
        return err_fail("occupancy: %s (compute capability %d.%d)",
                        e == CUDA_OCC_ERROR_UNKNOWN_DEVICE ? "the toolkit is older than this device"
                                                           : "the device's limits make no sense",
                        d->major, d->minor);
    const int resident = result.activeBlocksPerMultiprocessor;
    if (resident <= 0)
        return err_fail(
            "occupancy: a block of %lld threads with %u registers each and %llu bytes of shared memory does "
            "not fit a multiprocessor",
            (long long)threads, shape->registers, (unsigned long long)shared);
    const int64_t warps = (threads + d->warp - 1) / d->warp;
    *out = (struct occupancy){
        .share = (double)(resident * warps) / (d->threads_per_multiprocessor / d->warp),
        .blocks_per_multiprocessor = resident,
        .limiter = name_of(result.limitingFactors),
        .waves = (double)blocks / ((double)resident * d->multiprocessors),
    };
    return OK;
}

static struct err ask_driver(int device, struct occupancy_device *out)
{
    struct library driver;
    occupancy_attribute *ask = NULL;
    TRY(library_driver(&driver));
    TRY(library_take(&driver, &(struct library_slot){"cuDeviceGetAttribute", &ask, false}, 1));
    return occupancy_limits_ask(ask, device, out);
}

__attribute__((visibility("default"))) const struct occupancy_calculator occupancy_cupti = {ask_driver, calculate};
