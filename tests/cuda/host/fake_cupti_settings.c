/* What a client sets: attributes, which change nothing here, and ids of its own for what a thread calls. */
#include "tests/cuda/host/fake_cupti.h"

#include <string.h>

enum { DEPTH = 256 };

/* Defaults after cupti_activity.h. */
static struct {
    size_t bytes;
    uint64_t value;
} attributes[] = {
    [CUPTI_ACTIVITY_ATTR_DEVICE_BUFFER_SIZE] = {sizeof(size_t), 3200000},
    [CUPTI_ACTIVITY_ATTR_DEVICE_BUFFER_SIZE_CDP] = {sizeof(size_t), 8 << 20},
    [CUPTI_ACTIVITY_ATTR_DEVICE_BUFFER_POOL_LIMIT] = {sizeof(size_t), 250},
    [CUPTI_ACTIVITY_ATTR_PROFILING_SEMAPHORE_POOL_SIZE] = {sizeof(size_t), 25000},
    [CUPTI_ACTIVITY_ATTR_PROFILING_SEMAPHORE_POOL_LIMIT] = {sizeof(size_t), 250},
    [CUPTI_ACTIVITY_ATTR_ZEROED_OUT_ACTIVITY_BUFFER] = {sizeof(uint8_t), 0},
    [CUPTI_ACTIVITY_ATTR_DEVICE_BUFFER_PRE_ALLOCATE_VALUE] = {sizeof(size_t), 3},
    [CUPTI_ACTIVITY_ATTR_PROFILING_SEMAPHORE_PRE_ALLOCATE_VALUE] = {sizeof(size_t), 3},
    [CUPTI_ACTIVITY_ATTR_MEM_ALLOCATION_TYPE_HOST_PINNED] = {sizeof(uint8_t), 0},
    [CUPTI_ACTIVITY_ATTR_PER_THREAD_ACTIVITY_BUFFER] = {sizeof(uint8_t), 1},
    [CUPTI_ACTIVITY_ATTR_DEVICE_BUFFER_SIZE_DEVICE_GRAPHS] = {sizeof(size_t), 16 << 20},
};
enum { ATTRIBUTES = sizeof attributes / sizeof *attributes };

static CUptiResult attribute_may(CUpti_ActivityAttribute a, const size_t *bytes, const void *value)
{
    CUptiResult r = cupti_begin();
    if (r)
        return r;
    if (!bytes || !value || (unsigned)a >= ATTRIBUTES)
        return CUPTI_ERROR_INVALID_PARAMETER;
    return *bytes < attributes[a].bytes ? CUPTI_ERROR_PARAMETER_SIZE_NOT_SUFFICIENT : CUPTI_SUCCESS;
}

/* Of a little-endian host. */
CUptiResult cuptiActivitySetAttribute(CUpti_ActivityAttribute a, size_t *bytes, void *value)
{
    CUptiResult r = attribute_may(a, bytes, value);
    if (!r)
        memcpy(&attributes[a].value, value, attributes[a].bytes);
    return r;
}

CUptiResult cuptiActivityGetAttribute(CUpti_ActivityAttribute a, size_t *bytes, void *value)
{
    CUptiResult r = attribute_may(a, bytes, value);
    if (!r) {
        *bytes = attributes[a].bytes;
        memcpy(value, &attributes[a].value, *bytes);
    }
    return r;
}

static _Thread_local struct {
    uint64_t id[DEPTH];
    int count;
} regions[CUPTI_EXTERNAL_CORRELATION_KIND_SIZE];

static bool is_external(CUpti_ExternalCorrelationKind k)
{
    return k > CUPTI_EXTERNAL_CORRELATION_KIND_INVALID && k < CUPTI_EXTERNAL_CORRELATION_KIND_SIZE;
}

CUptiResult cuptiActivityPushExternalCorrelationId(CUpti_ExternalCorrelationKind kind, uint64_t id)
{
    CUptiResult r = is_external(kind) ? cupti_begin() : CUPTI_ERROR_INVALID_PARAMETER;
    if (!r && regions[kind].count == DEPTH)
        r = CUPTI_ERROR_OUT_OF_MEMORY;
    if (!r)
        regions[kind].id[regions[kind].count++] = id;
    return r;
}

CUptiResult cuptiActivityPopExternalCorrelationId(CUpti_ExternalCorrelationKind kind, uint64_t *last)
{
    CUptiResult r = is_external(kind) ? cupti_begin() : CUPTI_ERROR_INVALID_PARAMETER;
    if (!r && !regions[kind].count)
        r = CUPTI_ERROR_QUEUE_EMPTY;
    if (r)
        return r;
    uint64_t id = regions[kind].id[--regions[kind].count];
    if (last)
        *last = id;
    return CUPTI_SUCCESS;
}

int external_ids(CUpti_ActivityExternalCorrelation out[CUPTI_EXTERNAL_CORRELATION_KIND_SIZE])
{
    int n = 0;
    for (int k = 0; k < CUPTI_EXTERNAL_CORRELATION_KIND_SIZE; k++)
        if (regions[k].count)
            out[n++] = (CUpti_ActivityExternalCorrelation){.kind = CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION,
                                                           .externalKind = (CUpti_ExternalCorrelationKind)k,
                                                           .externalId = regions[k].id[regions[k].count - 1]};
    return n;
}
