#include "profiler/cupti/occupancy/limits.h"

#include <stddef.h>

struct err occupancy_limits_ask(occupancy_attribute *ask, int device, struct occupancy_device *out)
{
    static const struct {
        CUdevice_attribute attribute;
        const char *name;
        size_t at;
    } rows[] = {
#define ROW(attribute, member) {CU_DEVICE_ATTRIBUTE_##attribute, #attribute, offsetof(struct occupancy_device, member)}
        ROW(COMPUTE_CAPABILITY_MAJOR, major),
        ROW(COMPUTE_CAPABILITY_MINOR, minor),
        ROW(MULTIPROCESSOR_COUNT, multiprocessors),
        ROW(WARP_SIZE, warp),
        ROW(MAX_THREADS_PER_BLOCK, threads_per_block),
        ROW(MAX_THREADS_PER_MULTIPROCESSOR, threads_per_multiprocessor),
        ROW(MAX_REGISTERS_PER_BLOCK, registers_per_block),
        ROW(MAX_REGISTERS_PER_MULTIPROCESSOR, registers_per_multiprocessor),
        ROW(MAX_SHARED_MEMORY_PER_BLOCK, shared_per_block),
        ROW(MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, shared_per_block_optin),
        ROW(MAX_SHARED_MEMORY_PER_MULTIPROCESSOR, shared_per_multiprocessor),
        ROW(RESERVED_SHARED_MEMORY_PER_BLOCK, shared_reserved),
#undef ROW
    };
    *out = (struct occupancy_device){0};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CUresult result = ask((int *)((char *)out + rows[i].at), rows[i].attribute, device);
        if (result != CUDA_SUCCESS)
            return err_make(ERR_ABSENT, "occupancy: the driver does not tell %s of device %d (code %d)", rows[i].name,
                            device, (int)result);
    }
    return OK;
}

void occupancy_limits_from_record(const CUpti_ActivityDevice5 *r, struct occupancy_device *out)
{
    /* "CUDA C++ Programming Guide", table of technical specifications: from 8.0 on the system keeps 1 KB of each
     * block's shared memory, and one block may have all of a multiprocessor's but that. */
    const int reserved = r->computeCapabilityMajor >= 8 ? 1024 : 0;
    *out = (struct occupancy_device){
        .major = (int)r->computeCapabilityMajor,
        .minor = (int)r->computeCapabilityMinor,
        .multiprocessors = (int)r->numMultiprocessors,
        .warp = (int)r->numThreadsPerWarp,
        .threads_per_block = (int)r->maxThreadsPerBlock,
        .threads_per_multiprocessor = (int)(r->maxWarpsPerMultiprocessor * r->numThreadsPerWarp),
        .registers_per_block = (int)r->maxRegistersPerBlock,
        .registers_per_multiprocessor = (int)r->maxRegistersPerMultiprocessor,
        .shared_per_block = (int)r->maxSharedMemoryPerBlock,
        .shared_per_block_optin = (int)r->maxSharedMemoryPerMultiprocessor - reserved,
        .shared_per_multiprocessor = (int)r->maxSharedMemoryPerMultiprocessor,
        .shared_reserved = reserved,
    };
}
