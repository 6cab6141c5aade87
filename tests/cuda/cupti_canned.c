#include "tests/cuda/cupti_canned.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/cupti/join.h"

void canned_add(struct canned *c, const void *record, size_t size)
{
    if (c->size + size > c->capacity) {
        c->capacity = 2 * c->capacity + size;
        c->bytes = realloc(c->bytes, c->capacity);
        cr_assert(c->bytes, "memory");
    }
    memcpy(c->bytes + c->size, record, size);
    c->size += size;
}

void canned_free(struct canned *c)
{
    free(c->bytes);
    *c = (struct canned){0};
}

void canned_kernel(struct canned *c, const char *name, uint32_t correlation, uint64_t node, uint64_t begin,
                   uint64_t end)
{
    canned_add(c,
               &(cupti_kernel){.kind = CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL,
                               .registersPerThread = 40,
                               .start = begin,
                               .end = end,
                               .streamId = 7,
                               .gridX = 8,
                               .gridY = 2,
                               .gridZ = 1,
                               .blockX = 128,
                               .blockY = 1,
                               .blockZ = 1,
                               .staticSharedMemory = 1024,
                               .dynamicSharedMemory = 49152,
                               .localMemoryPerThread = 16,
                               .correlationId = correlation,
                               .name = name,
                               .graphNodeId = node,
                               .graphId = node ? 5 : 0,
                               .clusterX = 2,
                               .clusterY = 1,
                               .clusterZ = 1},
               sizeof(cupti_kernel));
}

void canned_copy(struct canned *c, uint32_t correlation, uint32_t of_runtime, uint64_t node, uint64_t begin,
                 uint64_t end)
{
    canned_add(c,
               &(cupti_copy){.kind = CUPTI_ACTIVITY_KIND_MEMCPY,
                             .copyKind = CUPTI_ACTIVITY_MEMCPY_KIND_HTOD,
                             .bytes = 4096,
                             .start = begin,
                             .end = end,
                             .streamId = 8,
                             .correlationId = correlation,
                             .runtimeCorrelationId = of_runtime,
                             .graphNodeId = node},
               sizeof(cupti_copy));
}

void canned_peer_copy(struct canned *c, uint32_t correlation, uint64_t begin, uint64_t end)
{
    canned_add(c,
               &(cupti_peer_copy){.kind = CUPTI_ACTIVITY_KIND_MEMCPY2,
                                  .copyKind = CUPTI_ACTIVITY_MEMCPY_KIND_PTOP,
                                  .bytes = 8192,
                                  .start = begin,
                                  .end = end,
                                  .streamId = 9,
                                  .correlationId = correlation},
               sizeof(cupti_peer_copy));
}

void canned_set(struct canned *c, uint32_t correlation, uint64_t node, uint64_t begin, uint64_t end)
{
    canned_add(c,
               &(cupti_set){.kind = CUPTI_ACTIVITY_KIND_MEMSET,
                            .bytes = 64,
                            .start = begin,
                            .end = end,
                            .streamId = 10,
                            .correlationId = correlation,
                            .graphNodeId = node},
               sizeof(cupti_set));
}

void canned_call(struct canned *c, CUpti_ActivityKind kind, uint32_t correlation, uint64_t begin, uint64_t end)
{
    canned_add(c,
               &(cupti_call){
                   .kind = kind, .cbid = 211, .start = begin, .end = end, .threadId = 99, .correlationId = correlation},
               sizeof(cupti_call));
}

void canned_wait(struct canned *c, uint32_t correlation, uint64_t begin, uint64_t end)
{
    canned_add(c,
               &(cupti_wait){.kind = CUPTI_ACTIVITY_KIND_SYNCHRONIZATION,
                             .type = CUPTI_ACTIVITY_SYNCHRONIZATION_TYPE_STREAM_SYNCHRONIZE,
                             .start = begin,
                             .end = end,
                             .correlationId = correlation,
                             .streamId = 11},
               sizeof(cupti_wait));
}

void canned_overhead(struct canned *c, void *extra, uint64_t begin, uint64_t end)
{
    canned_add(c,
               &(cupti_overhead){.kind = CUPTI_ACTIVITY_KIND_OVERHEAD,
                                 .overheadKind = CUPTI_ACTIVITY_OVERHEAD_LAZY_FUNCTION_LOADING,
                                 .objectKind = CUPTI_ACTIVITY_OBJECT_THREAD,
                                 .objectId = {.pt = {.threadId = 98}},
                                 .start = begin,
                                 .end = end,
                                 .overheadData = extra},
               sizeof(cupti_overhead));
}

void canned_compile(struct canned *c, uint64_t begin, uint64_t end)
{
    canned_add(c,
               &(cupti_compile){.kind = CUPTI_ACTIVITY_KIND_JIT,
                                .jitEntryType = CUPTI_ACTIVITY_JIT_ENTRY_PTX_TO_CUBIN,
                                .jitOperationType = CUPTI_ACTIVITY_JIT_OPERATION_COMPILE,
                                .start = begin,
                                .end = end,
                                .threadId = 97},
               sizeof(cupti_compile));
}

static void link_to(struct canned *c, CUpti_ExternalCorrelationKind sort, uint32_t correlation, int32_t index)
{
    canned_add(c,
               &(cupti_link){.kind = CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION,
                             .externalKind = sort,
                             .externalId = (uint64_t)((int64_t)index + 1),
                             .correlationId = correlation},
               sizeof(cupti_link));
}

void canned_launch(struct canned *c, uint32_t correlation, int32_t launch)
{
    link_to(c, LINK_LAUNCH, correlation, launch);
}

void canned_run(struct canned *c, uint32_t correlation, int32_t run)
{
    link_to(c, LINK_RUN, correlation, run);
}

void canned_each(struct canned *c)
{
    canned_launch(c, 1, 0);
    canned_run(c, 1, 0);
    canned_call(c, CUPTI_ACTIVITY_KIND_RUNTIME, 1, 100, 110);
    canned_kernel(c, "k", 1, 0, 120, 150);
    canned_copy(c, 2, 1, 0, 160, 170);
    canned_peer_copy(c, 3, 170, 180);
    canned_set(c, 4, 0, 180, 190);
    canned_call(c, CUPTI_ACTIVITY_KIND_DRIVER, 5, 190, 195);
    canned_wait(c, 6, 195, 200);
    canned_overhead(c, NULL, 200, 210);
    canned_compile(c, 210, 220);
}

struct trace *canned_trace(int32_t launches, int32_t runs)
{
    struct trace *t = trace_new();
    cr_assert(t, "memory");
    for (int32_t i = 0; i < launches; i++)
        cr_assert_eq(trace_add_launch(t, &(struct traced_launch){.index = i}), i);
    for (int32_t i = 0; i < runs; i++)
        cr_assert_eq(trace_add_run(t, &(struct traced_run){.step = i}), i);
    return t;
}

void canned_join(const struct canned *c, size_t count, struct labels *labels, struct trace *t)
{
    struct names names;
    struct join join;
    names_open(&names, t, NULL);
    join_open(&join, t, labels, &names);
    for (size_t i = 0; i < count; i++)
        t->bad_records += decode(c[i].bytes, c[i].size, NULL, &(struct record_sink){join_link, &join});
    for (size_t i = 0; i < count; i++)
        decode(c[i].bytes, c[i].size, NULL, &(struct record_sink){join_work, &join});
    cr_assert(!join.no_memory && !trace_error(t).code, "memory");
    t->label_conflicts += labels->conflicts;
    join_close(&join);
    names_close(&names);
}
