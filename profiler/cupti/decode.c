#include "profiler/cupti/decode.h"

#include <string.h>

/* A record as CUPTI wrote it, copied out of its buffer. */
union raw {
    CUpti_Activity any;
    cupti_kernel kernel;
    cupti_copy copy;
    cupti_peer_copy peer_copy;
    cupti_set set;
    cupti_call call;
    cupti_wait wait;
    cupti_overhead overhead;
    cupti_compile compile;
    cupti_link link;
};

static void read_kernel(const union raw *raw, struct record *r)
{
    const cupti_kernel *k = &raw->kernel;
    r->begin = k->start;
    r->end = k->end;
    r->correlation = k->correlationId;
    r->stream = k->streamId;
    r->device = k->deviceId;
    r->node = k->graphNodeId;
    r->in_graph = k->graphNodeId || k->graphId;
#if CUPTI_HAS_SOURCE_NODES
    r->source_node = k->sourceGraphNodeId;
#endif
    r->name = k->name;
    r->shape = (struct kernel_shape){
        .grid = {(uint32_t)k->gridX, (uint32_t)k->gridY, (uint32_t)k->gridZ},
        .block = {(uint32_t)k->blockX, (uint32_t)k->blockY, (uint32_t)k->blockZ},
        .cluster = {k->clusterX, k->clusterY, k->clusterZ},
        .registers = k->registersPerThread,
        .shared_static = (uint32_t)k->staticSharedMemory,
        .shared_dynamic = (uint32_t)k->dynamicSharedMemory,
        .local = k->localMemoryPerThread,
    };
}

static void read_copy(const union raw *raw, struct record *r)
{
    const cupti_copy *c = &raw->copy;
    r->begin = c->start;
    r->end = c->end;
    r->bytes = c->bytes;
    r->correlation = c->correlationId;
    r->call_correlation = c->runtimeCorrelationId;
    r->stream = c->streamId;
    r->node = c->graphNodeId;
    r->in_graph = c->graphNodeId || c->graphId;
#if CUPTI_HAS_SOURCE_NODES
    r->source_node = c->sourceGraphNodeId;
#endif
    r->code = c->copyKind;
}

static void read_peer_copy(const union raw *raw, struct record *r)
{
    const cupti_peer_copy *c = &raw->peer_copy;
    r->begin = c->start;
    r->end = c->end;
    r->bytes = c->bytes;
    r->correlation = c->correlationId;
    r->stream = c->streamId;
    r->node = c->graphNodeId;
    r->in_graph = c->graphNodeId || c->graphId;
    r->code = c->copyKind;
}

static void read_set(const union raw *raw, struct record *r)
{
    const cupti_set *s = &raw->set;
    r->begin = s->start;
    r->end = s->end;
    r->bytes = s->bytes;
    r->correlation = s->correlationId;
    r->stream = s->streamId;
    r->node = s->graphNodeId;
    r->in_graph = s->graphNodeId || s->graphId;
#if CUPTI_HAS_SOURCE_NODES
    r->source_node = s->sourceGraphNodeId;
#endif
}

static void read_call(const union raw *raw, struct record *r)
{
    const cupti_call *c = &raw->call;
    r->begin = c->start;
    r->end = c->end;
    r->correlation = c->correlationId;
    r->stream = c->threadId;
    r->code = c->cbid;
}

static void read_wait(const union raw *raw, struct record *r)
{
    const cupti_wait *w = &raw->wait;
    r->begin = w->start;
    r->end = w->end;
    r->correlation = w->correlationId;
    r->stream = w->streamId;
    r->code = (uint32_t)w->type;
}

static void read_overhead(const union raw *raw, struct record *r)
{
    const cupti_overhead *o = &raw->overhead;
    r->begin = o->start;
    r->end = o->end;
    r->correlation = o->correlationId;
    r->stream = o->objectKind == CUPTI_ACTIVITY_OBJECT_THREAD ? o->objectId.pt.threadId : 0;
    r->code = (uint32_t)o->overheadKind;
    r->extra = o->overheadData;
}

static void read_compile(const union raw *raw, struct record *r)
{
    const cupti_compile *c = &raw->compile;
    r->begin = c->start;
    r->end = c->end;
    r->correlation = c->correlationId;
    r->stream = c->threadId;
    r->code = COMPILE_CODE(c->jitEntryType, c->jitOperationType);
}

static void read_link(const union raw *raw, struct record *r)
{
    const cupti_link *l = &raw->link;
    r->correlation = l->correlationId;
    r->id = l->externalId;
    r->code = (uint32_t)l->externalKind;
}

static const struct kind {
    CUpti_ActivityKind kind;
    enum record_what what;
    size_t size;
    void (*read)(const union raw *raw, struct record *r);
} kinds[] = {
    {CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL, RECORD_kernel, sizeof(cupti_kernel), read_kernel},
    {CUPTI_ACTIVITY_KIND_KERNEL, RECORD_kernel, sizeof(cupti_kernel), read_kernel},
    {CUPTI_ACTIVITY_KIND_MEMCPY, RECORD_copy, sizeof(cupti_copy), read_copy},
    {CUPTI_ACTIVITY_KIND_MEMCPY2, RECORD_copy, sizeof(cupti_peer_copy), read_peer_copy},
    {CUPTI_ACTIVITY_KIND_MEMSET, RECORD_set, sizeof(cupti_set), read_set},
    {CUPTI_ACTIVITY_KIND_RUNTIME, RECORD_call, sizeof(cupti_call), read_call},
    {CUPTI_ACTIVITY_KIND_DRIVER, RECORD_call, sizeof(cupti_call), read_call},
    {CUPTI_ACTIVITY_KIND_SYNCHRONIZATION, RECORD_wait, sizeof(cupti_wait), read_wait},
    {CUPTI_ACTIVITY_KIND_OVERHEAD, RECORD_overhead, sizeof(cupti_overhead), read_overhead},
    {CUPTI_ACTIVITY_KIND_JIT, RECORD_compile, sizeof(cupti_compile), read_compile},
    {CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION, RECORD_link, sizeof(cupti_link), read_link},
};

static const struct kind *kind_of(const uint8_t *at, size_t left)
{
    CUpti_ActivityKind kind;
    if (left < sizeof kind)
        return NULL;
    memcpy(&kind, at, sizeof kind);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (kinds[i].kind == kind)
            return &kinds[i];
    return NULL;
}

static bool hand_over(const uint8_t *at, size_t left, const struct kind *k, const struct record_sink *sink)
{
    union raw raw;
    if (!k || left < k->size)
        return false;
    memcpy(&raw, at, k->size);
    struct record r = {.what = k->what, .kind = (uint32_t)k->kind};
    k->read(&raw, &r);
    sink->each(sink->context, &r);
    return true;
}

/* Where the record after the one at `at` begins; valid where there is none. Where the library cannot say, or points
 * backwards, into the record that was just read or out of the bytes, the header's size is taken: if that is wrong, what
 * comes next cannot be read, and counts. */
static size_t after(const uint8_t *bytes, size_t valid, size_t at, const struct kind *k, record_next next)
{
    CUpti_Activity *record = (CUpti_Activity *)(uintptr_t)(bytes + at);
    const size_t least = at + (k ? k->size : sizeof record->kind), own = k ? least : valid;
    if (!next)
        return own;
    const CUptiResult result = next((uint8_t *)(uintptr_t)bytes, valid, &record);
    if (result == CUPTI_ERROR_MAX_LIMIT_REACHED)
        return valid;
    const uintptr_t found = (uintptr_t)record - (uintptr_t)bytes; /* huge where it lies before them */
    return result == CUPTI_SUCCESS && found >= least && found < valid ? (size_t)found : own;
}

uint64_t decode(const uint8_t *bytes, size_t valid, record_next next, const struct record_sink *sink)
{
    uint64_t bad = 0;
    for (size_t at = 0; at < valid;) {
        const struct kind *k = kind_of(bytes + at, valid - at);
        if (hand_over(bytes + at, valid - at, k, sink)) {
            at = after(bytes, valid, at, k, next);
            continue;
        }
        bad++;
        at = k || valid - at < sizeof(CUpti_Activity) ? valid : after(bytes, valid, at, NULL, next);
    }
    return bad;
}
