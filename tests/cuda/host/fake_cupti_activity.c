/* Activity: which kinds are on, attributes, buffers of records and how they are read. There is one buffer at a time for
 * all threads; it goes back when it is full or flushed. */
#include "tests/cuda/host/fake_cupti.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CBIDS = 1024, ALIGNMENT = 8, MISSING = 8 /* bytes of a record that is cut off */ };

struct buffer {
    uint8_t *at;
    size_t size, used, most, count;
};
static struct {
    CUpti_BuffersCallbackRequestFunc request;
    CUpti_BuffersCallbackCompleteFunc complete;
    CUpti_TimestampCallbackFunc clock;
    struct buffer buffer;
    size_t dropped;
    bool kind[CUPTI_ACTIVITY_KIND_COUNT], call[2][CBIDS], latencies;
} activity;

uint64_t cupti_now(void)
{
    if (activity.clock)
        return activity.clock();
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

CUptiResult cuptiGetTimestamp(uint64_t *timestamp)
{
    if (!timestamp)
        return CUPTI_ERROR_INVALID_PARAMETER;
    *timestamp = cupti_now();
    return CUPTI_SUCCESS;
}

CUptiResult cuptiActivityRegisterTimestampCallback(CUpti_TimestampCallbackFunc clock)
{
    CUptiResult r = clock ? cupti_begin() : CUPTI_ERROR_INVALID_PARAMETER;
    if (!r)
        activity.clock = clock;
    return r;
}

CUptiResult cuptiActivityRegisterCallbacks(CUpti_BuffersCallbackRequestFunc request,
                                           CUpti_BuffersCallbackCompleteFunc complete)
{
    if (!request || !complete)
        return CUPTI_ERROR_INVALID_PARAMETER;
    CUptiResult r = cupti_begin();
    if (!r) {
        activity.request = request;
        activity.complete = complete;
    }
    return r;
}

/* Events and metrics went with CUDA 13; a span for each launch of a graph is not made here. */
static CUptiResult kind_may(CUpti_ActivityKind kind)
{
    static const CUpti_ActivityKind gone[] = {
        CUPTI_ACTIVITY_KIND_EVENT,           CUPTI_ACTIVITY_KIND_EVENT_INSTANCE, CUPTI_ACTIVITY_KIND_METRIC,
        CUPTI_ACTIVITY_KIND_METRIC_INSTANCE, CUPTI_ACTIVITY_KIND_SOURCE_LOCATOR, CUPTI_ACTIVITY_KIND_GLOBAL_ACCESS,
        CUPTI_ACTIVITY_KIND_BRANCH,
    };
    if ((int)kind <= CUPTI_ACTIVITY_KIND_INVALID || kind >= CUPTI_ACTIVITY_KIND_COUNT)
        return CUPTI_ERROR_INVALID_KIND;
    for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
        if (kind == gone[i])
            return CUPTI_ERROR_LEGACY_PROFILER_NOT_SUPPORTED;
    if (kind == CUPTI_ACTIVITY_KIND_GRAPH_TRACE)
        return CUPTI_ERROR_NOT_COMPATIBLE;
    return flaw_on(FLAW_denied) ? CUPTI_ERROR_INSUFFICIENT_PRIVILEGES : CUPTI_SUCCESS;
}

CUptiResult cuptiActivityEnable(CUpti_ActivityKind kind)
{
    CUptiResult r = cupti_begin();
    if (!r)
        r = kind_may(kind);
    if (!r)
        activity.kind[kind] = true;
    return r;
}

CUptiResult cuptiActivityDisable(CUpti_ActivityKind kind)
{
    CUptiResult r = cupti_begin();
    if (!r && ((int)kind <= CUPTI_ACTIVITY_KIND_INVALID || kind >= CUPTI_ACTIVITY_KIND_COUNT))
        r = CUPTI_ERROR_INVALID_KIND;
    if (!r)
        activity.kind[kind] = false;
    return r;
}

static CUptiResult enable_call(int which, CUpti_CallbackId cbid, uint8_t enable)
{
    CUptiResult r = cbid < CBIDS ? cupti_begin() : CUPTI_ERROR_INVALID_PARAMETER;
    if (!r)
        activity.call[which][cbid] = enable != 0;
    return r;
}

CUptiResult cuptiActivityEnableRuntimeApi(CUpti_CallbackId cbid, uint8_t enable)
{
    return enable_call(0, cbid, enable);
}

CUptiResult cuptiActivityEnableDriverApi(CUpti_CallbackId cbid, uint8_t enable)
{
    return enable_call(1, cbid, enable);
}

CUptiResult cuptiActivityEnableLatencyTimestamps(uint8_t enable)
{
    activity.latencies = enable != 0;
    return cupti_begin();
}

bool kind_on(CUpti_ActivityKind kind)
{
    return activity.kind[kind];
}

bool call_on(CUpti_ActivityKind kind, CUpti_CallbackId cbid)
{
    return activity.kind[kind] || activity.call[kind == CUPTI_ACTIVITY_KIND_DRIVER][cbid];
}

bool latencies_on(void)
{
    return activity.latencies;
}

/* Under the lock: asks for a buffer, and notes how long that took. */
static void ask_for_buffer(void)
{
    struct buffer *b = &activity.buffer;
    uint64_t start = cupti_now();
    *b = (struct buffer){0};
    if (activity.request)
        activity.request(&b->at, &b->size, &b->most);
    if ((uintptr_t)b->at % ALIGNMENT) {
        fprintf(stderr, "fake: a buffer for CUPTI at %p, which is not aligned to %d bytes\n", (void *)b->at, ALIGNMENT);
        abort();
    }
    CUpti_ActivityOverhead3 o = {.kind = CUPTI_ACTIVITY_KIND_OVERHEAD,
                                 .overheadKind = CUPTI_ACTIVITY_OVERHEAD_ACTIVITY_BUFFER_REQUEST,
                                 .objectKind = CUPTI_ACTIVITY_OBJECT_PROCESS,
                                 .start = start,
                                 .end = cupti_now()};
    if (kind_on(CUPTI_ACTIVITY_KIND_OVERHEAD) && b->at && sizeof o <= b->size) {
        memcpy(b->at, &o, sizeof o);
        b->used = sizeof o;
        b->count = 1;
    }
}

static void give_back(const struct buffer *b)
{
    size_t valid = b->used;
    if (valid && flaw_now(FLAW_truncated))
        valid -= MISSING;
    if (b->at && activity.complete)
        activity.complete(NULL, 0, b->at, b->size, valid);
}

static bool has_room(const struct buffer *b, size_t bytes)
{
    return b->at && bytes <= b->size - b->used && (!b->most || b->count < b->most);
}

void record_add(const void *record, size_t bytes)
{
    struct buffer full = {0}, *b = &activity.buffer;
    lock();
    if (!has_room(b, bytes)) {
        full = *b;
        ask_for_buffer();
    }
    if (has_room(b, bytes)) {
        memcpy(b->at + b->used, record, bytes);
        b->used += bytes;
        b->count++;
    } else {
        activity.dropped++;
    }
    unlock();
    give_back(&full);
}

void record_drop(void)
{
    lock();
    activity.dropped++;
    unlock();
}

/* A buffer that nobody asked back is the client's still. */
void records_end(void)
{
    lock();
    activity.buffer = (struct buffer){0};
    memset(activity.kind, 0, sizeof activity.kind);
    memset(activity.call, 0, sizeof activity.call);
    unlock();
}

/* Work is done when its call has ended: every record is complete. By force empty buffers go back as well. */
CUptiResult cuptiActivityFlushAll(uint32_t flag)
{
    CUptiResult r = cupti_begin();
    if (r)
        return r;
    if (!activity.complete)
        return CUPTI_ERROR_INVALID_OPERATION;
    lock();
    struct buffer b = activity.buffer;
    bool goes = b.used || (flag & CUPTI_ACTIVITY_FLAG_FLUSH_FORCED);
    if (goes)
        activity.buffer = (struct buffer){0};
    unlock();
    if (goes)
        give_back(&b);
    return CUPTI_SUCCESS;
}

CUptiResult cuptiActivityGetNumDroppedRecords(CUcontext context, uint32_t stream, size_t *dropped)
{
    (void)context, (void)stream;
    if (!dropped)
        return CUPTI_ERROR_INVALID_PARAMETER;
    lock();
    *dropped = activity.dropped;
    activity.dropped = 0;
    unlock();
    return CUPTI_SUCCESS;
}

static size_t size_of(CUpti_ActivityKind kind)
{
    static const struct {
        CUpti_ActivityKind kind;
        size_t bytes;
    } rows[] = {
        {CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL, sizeof(CUpti_ActivityKernel10)},
        {CUPTI_ACTIVITY_KIND_KERNEL, sizeof(CUpti_ActivityKernel10)},
        {CUPTI_ACTIVITY_KIND_MEMCPY, sizeof(CUpti_ActivityMemcpy6)},
        {CUPTI_ACTIVITY_KIND_MEMSET, sizeof(CUpti_ActivityMemset4)},
        {CUPTI_ACTIVITY_KIND_RUNTIME, sizeof(CUpti_ActivityAPI)},
        {CUPTI_ACTIVITY_KIND_DRIVER, sizeof(CUpti_ActivityAPI)},
        {CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION, sizeof(CUpti_ActivityExternalCorrelation)},
        {CUPTI_ACTIVITY_KIND_SYNCHRONIZATION, sizeof(CUpti_ActivitySynchronization2)},
        {CUPTI_ACTIVITY_KIND_OVERHEAD, sizeof(CUpti_ActivityOverhead3)},
        {KIND_UNKNOWN, sizeof(CUpti_ActivityKernel10)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].kind == kind)
            return rows[i].bytes;
    return 0;
}

CUptiResult cuptiActivityGetNextRecord(uint8_t *buffer, size_t valid, CUpti_Activity **record)
{
    if (!buffer || !record)
        return CUPTI_ERROR_INVALID_PARAMETER;
    size_t at = *record ? (size_t)((uint8_t *)*record - buffer) + size_of((*record)->kind) : 0;
    if (at >= valid)
        return CUPTI_ERROR_MAX_LIMIT_REACHED;
    CUpti_Activity *next = (CUpti_Activity *)(void *)(buffer + at);
    size_t bytes = valid - at >= sizeof *next ? size_of(next->kind) : 0;
    if (!bytes || bytes > valid - at)
        return CUPTI_ERROR_INVALID_KIND;
    *record = next;
    return CUPTI_SUCCESS;
}
