/* A program that traces with the host's CUPTI (fake_cupti.c), for its tests: one kernel on its own in a region, two in
 * a graph that is made executable twice and launched three times, copies and a memset. Prints each record as a line, in
 * the order of the buffers, and ends with code 3 and one line where CUPTI refuses.
 *
 *     cupti-client [BUFFER_BYTES]
 */
#include <cuda_runtime_api.h>
#include <cupti.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/cuda/host/fake_tool.h"

cudaError_t fake_launch_shaped(cudaStream_t stream, const char *name, const struct fake_shape *shape,
                               void (*run)(void *closure), void *closure, void (*drop)(void *closure));

enum { LABELS = 64, STREAMS = 16, REFUSED = 3, VALUES = 8 };

static size_t buffer_bytes = 1 << 16, dropped;
static int buffers_out, label_now, instantiating;
static uint64_t began, last_end[STREAMS];
static struct {
    uint64_t node;
    int label;
} labels[LABELS];
static int label_count;

static void must(CUptiResult r, const char *what, const char *more)
{
    const char *name = "?";
    if (r == CUPTI_SUCCESS)
        return;
    cuptiGetResultString(r, &name);
    printf("refused: %s: %s%s%s\n", what, name, *more ? ": " : "", more);
    exit(REFUSED);
}

static void cuda(cudaError_t e, const char *what)
{
    if (e == cudaSuccess)
        return;
    printf("failed: %s: %s\n", what, cudaGetErrorName(e));
    exit(REFUSED);
}

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_RAW, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int label_of(uint64_t node)
{
    for (int i = label_count - 1; i >= 0; i--)
        if (labels[i].node == node)
            return labels[i].label;
    return -1;
}

static void label_set(uint64_t node, int label)
{
    if (label_count == LABELS)
        abort();
    labels[label_count].node = node;
    labels[label_count++].label = label;
}

static uint64_t id_of(CUgraphNode node)
{
    uint64_t id = 0;
    must(cuptiGetGraphNodeId(node, &id), "cuptiGetGraphNodeId", "");
    return id;
}

static void on_graph(CUpti_CallbackId cbid, const CUpti_GraphData *g)
{
    uint32_t exec = 0;
    if (cbid == CUPTI_CBID_RESOURCE_GRAPHEXEC_CREATE_STARTING) {
        instantiating++;
    } else if (cbid == CUPTI_CBID_RESOURCE_GRAPHEXEC_CREATED) {
        instantiating--;
        must(cuptiGetGraphExecId(g->graphExec, &exec), "cuptiGetGraphExecId", "");
        printf("executable graph %u\n", exec);
    } else if (cbid == CUPTI_CBID_RESOURCE_GRAPHNODE_CREATED && !instantiating) {
        label_set(id_of(g->node), label_now);
        printf("node of type %d\n", (int)g->nodeType);
    } else if (cbid == CUPTI_CBID_RESOURCE_GRAPHNODE_CLONED) {
        label_set(id_of(g->node), label_of(id_of(g->originalNode)));
    }
}

static void on_callback(void *user, CUpti_CallbackDomain domain, CUpti_CallbackId cbid, const void *data)
{
    if (user != labels)
        abort();
    if (domain == CUPTI_CB_DOMAIN_STATE) {
        const CUpti_StateData *s = data;
        printf("state %d: %d\n", (int)cbid, (int)s->notification.result);
    } else if (domain == CUPTI_CB_DOMAIN_RESOURCE) {
        const CUpti_ResourceData *r = data;
        on_graph(cbid, r->resourceDescriptor);
    }
}

/* Of work on a stream. */
static const char *times(uint64_t start, uint64_t end, uint32_t stream)
{
    if (stream >= STREAMS)
        abort();
    const char *how = !start && !end             ? "zero"
                      : end <= start             ? "inverted"
                      : start < last_end[stream] ? "overlapping"
                      : start < began            ? "before the trace"
                                                 : "in order";
    last_end[stream] = end > last_end[stream] ? end : last_end[stream];
    return how;
}

static void print_kernel(const CUpti_ActivityKernel10 *k)
{
    printf("kernel %s: label %d, graph %u, stream %u, grid %d %d %d, block %d %d %d, shared %d, #%u, %s\n", k->name,
           k->graphNodeId ? label_of(k->graphNodeId) : 0, k->graphId, k->streamId, k->gridX, k->gridY, k->gridZ,
           k->blockX, k->blockY, k->blockZ, k->dynamicSharedMemory, k->correlationId,
           times(k->start, k->end, k->streamId));
}

static void print_call(const CUpti_ActivityAPI *a)
{
    const char *name = "?";
    CUpti_CallbackDomain domain =
        a->kind == CUPTI_ACTIVITY_KIND_RUNTIME ? CUPTI_CB_DOMAIN_RUNTIME_API : CUPTI_CB_DOMAIN_DRIVER_API;
    must(cuptiGetCallbackName(domain, a->cbid, &name), "cuptiGetCallbackName", "");
    printf("call %s: #%u, result %u%s\n", name, a->correlationId, a->returnValue,
           a->end < a->start ? ", inverted" : "");
}

static void print(const CUpti_Activity *r)
{
    const CUpti_ActivityMemcpy6 *c = (const void *)r;
    const CUpti_ActivityMemset4 *s = (const void *)r;
    const CUpti_ActivityExternalCorrelation *e = (const void *)r;
    const CUpti_ActivitySynchronization2 *w = (const void *)r;
    if (r->kind == CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL)
        print_kernel((const void *)r);
    else if (r->kind == CUPTI_ACTIVITY_KIND_RUNTIME || r->kind == CUPTI_ACTIVITY_KIND_DRIVER)
        print_call((const void *)r);
    else if (r->kind == CUPTI_ACTIVITY_KIND_MEMCPY)
        printf("copy %d: %d to %d, %zu bytes, label %d, #%u, %s\n", c->copyKind, c->srcKind, c->dstKind,
               (size_t)c->bytes, c->graphNodeId ? label_of(c->graphNodeId) : 0, c->correlationId,
               times(c->start, c->end, c->streamId));
    else if (r->kind == CUPTI_ACTIVITY_KIND_MEMSET)
        printf("set: %u, %zu bytes, #%u, %s\n", s->value, (size_t)s->bytes, s->correlationId,
               times(s->start, s->end, s->streamId));
    else if (r->kind == CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION)
        printf("external %d: %d, #%u\n", (int)e->externalKind, (int)e->externalId, e->correlationId);
    else if (r->kind == CUPTI_ACTIVITY_KIND_SYNCHRONIZATION)
        printf("wait %d: stream %u, #%u\n", (int)w->type, w->streamId, w->correlationId);
    else if (r->kind == CUPTI_ACTIVITY_KIND_OVERHEAD)
        printf("overhead %d\n", (int)((const CUpti_ActivityOverhead3 *)(const void *)r)->overheadKind >> 16);
    else
        printf("unknown kind\n");
}

static void request(uint8_t **buffer, size_t *bytes, size_t *most)
{
    *buffer = malloc(buffer_bytes);
    *bytes = *buffer ? buffer_bytes : 0;
    *most = 0;
    buffers_out++;
}

static void complete(CUcontext context, uint32_t stream, uint8_t *buffer, size_t bytes, size_t valid)
{
    CUpti_Activity *r = NULL;
    CUptiResult end;
    size_t gone = 0;
    if (context || stream || bytes != buffer_bytes)
        abort();
    while (!(end = cuptiActivityGetNextRecord(buffer, valid, &r)))
        print(r);
    if (end != CUPTI_ERROR_MAX_LIMIT_REACHED)
        printf("a buffer ends with %d\n", (int)end);
    must(cuptiActivityGetNumDroppedRecords(NULL, 0, &gone), "cuptiActivityGetNumDroppedRecords", "");
    dropped += gone;
    free(buffer);
    buffers_out--;
}

static CUpti_SubscriberHandle trace_begin(void)
{
    static const CUpti_ActivityKind kinds[] = {
        CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL, CUPTI_ACTIVITY_KIND_MEMCPY,  CUPTI_ACTIVITY_KIND_MEMSET,
        CUPTI_ACTIVITY_KIND_RUNTIME,           CUPTI_ACTIVITY_KIND_DRIVER,  CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION,
        CUPTI_ACTIVITY_KIND_SYNCHRONIZATION,   CUPTI_ACTIVITY_KIND_OVERHEAD};
    static const CUpti_CallbackId ids[] = {CUPTI_CBID_RESOURCE_GRAPHNODE_CREATED, CUPTI_CBID_RESOURCE_GRAPHNODE_CLONED,
                                           CUPTI_CBID_RESOURCE_GRAPHEXEC_CREATE_STARTING,
                                           CUPTI_CBID_RESOURCE_GRAPHEXEC_CREATED};
    CUpti_SubscriberHandle s;
    char other[CUPTI_OLD_SUBSCRIBER_NAME_MIN_LEN] = "";
    CUpti_SubscriberParams p = {.structSize = CUpti_SubscriberParams_STRUCT_SIZE,
                                .subscriberName = "the client",
                                .oldSubscriberName = other,
                                .oldSubscriberSize = sizeof other};
    uint32_t version = 0;
    size_t value = 16 << 20, back = 0, bytes = sizeof value;
    must(cuptiGetVersion(&version), "cuptiGetVersion", "");
    if (version != CUPTI_API_VERSION)
        printf("version %u\n", version);
    must(cuptiSubscribe_v2(&s, on_callback, labels, &p), "cuptiSubscribe_v2", other);
    must(cuptiActivitySetAttribute(CUPTI_ACTIVITY_ATTR_DEVICE_BUFFER_SIZE, &bytes, &value), "cuptiActivitySetAttribute",
         "");
    must(cuptiActivityGetAttribute(CUPTI_ACTIVITY_ATTR_DEVICE_BUFFER_SIZE, &bytes, &back), "cuptiActivityGetAttribute",
         "");
    if (back != value || cuptiActivityFlushAll(0) != CUPTI_ERROR_INVALID_OPERATION ||
        cuptiActivityEnable(CUPTI_ACTIVITY_KIND_METRIC) != CUPTI_ERROR_LEGACY_PROFILER_NOT_SUPPORTED ||
        cuptiSubscribe(&(CUpti_SubscriberHandle){NULL}, on_callback, NULL) !=
            CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED)
        abort();
    must(cuptiEnableDomain(1, s, CUPTI_CB_DOMAIN_STATE), "cuptiEnableDomain", "");
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        must(cuptiEnableCallback(1, s, CUPTI_CB_DOMAIN_RESOURCE, ids[i]), "cuptiEnableCallback", "");
    must(cuptiActivityRegisterTimestampCallback(now), "cuptiActivityRegisterTimestampCallback", "");
    must(cuptiActivityRegisterCallbacks(request, complete), "cuptiActivityRegisterCallbacks", "");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        must(cuptiActivityEnable(kinds[i]), "cuptiActivityEnable", "");
    began = now();
    return s;
}

static void add_one(void *closure)
{
    ++*(float *)closure;
}

static void keep(void *closure)
{
    (void)closure;
}

/* Of a function of its own the name is the function's. */
static void launch(cudaStream_t s, const char *name, uint32_t blocks, float *x)
{
    struct fake_shape shape = {{blocks, 2, 1}, {32, 1, 1}, 48, NULL};
    void (*own)(void *) = add_one;
    if (!name)
        memcpy(&shape.function, &own, sizeof own);
    cuda(fake_launch_shaped(s, name ? name : "?", &shape, add_one, x, keep), "fake_launch_shaped");
}

static void region(CUpti_ExternalCorrelationKind kind, uint64_t id)
{
    uint64_t last = 0;
    if (id) {
        must(cuptiActivityPushExternalCorrelationId(kind, id), "cuptiActivityPushExternalCorrelationId", "");
        return;
    }
    must(cuptiActivityPopExternalCorrelationId(kind, &last), "cuptiActivityPopExternalCorrelationId", "");
    printf("left %d\n", (int)last);
}

static void print_recorded(cudaStream_t s)
{
    enum cudaStreamCaptureStatus status;
    cudaGraph_t g = NULL;
    size_t nodes = 0;
    cuda(cudaStreamGetCaptureInfo(s, &status, NULL, &g, NULL, NULL, NULL), "cudaStreamGetCaptureInfo");
    if (status == cudaStreamCaptureStatusActive)
        cuda(cudaGraphGetNodes(g, NULL, &nodes), "cudaGraphGetNodes");
    printf("%s, %zu nodes\n", g ? "a capture" : "no capture", nodes);
}

static void eager(cudaStream_t s, float *x)
{
    float host[VALUES] = {0};
    region(CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0, 7);
    region(CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0, 8);
    region(CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM1, 70);
    launch(s, NULL, 5, x);
    region(CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0, 0);
    region(CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM1, 0);
    cuda(cudaMemsetAsync(x, 0, sizeof host, s), "cudaMemsetAsync");
    region(CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0, 0);
    cuda(cudaMemcpyAsync(x, host, sizeof host, cudaMemcpyHostToDevice, s), "cudaMemcpyAsync");
    if (cudaMemcpyAsync(x, NULL, sizeof host, cudaMemcpyHostToDevice, s) != cudaErrorInvalidValue)
        abort();
}

static void graph(cudaStream_t s, float *x)
{
    cudaGraph_t g;
    cudaGraphExec_t a, b;
    cuda(cudaStreamBeginCapture(s, cudaStreamCaptureModeThreadLocal), "cudaStreamBeginCapture");
    label_now = 1;
    launch(s, "one", 1, x);
    label_now = 2;
    print_recorded(s);
    launch(s, "two", 2, x);
    cuda(cudaMemcpyAsync(x + 1, x, sizeof *x, cudaMemcpyDeviceToDevice, s), "cudaMemcpyAsync");
    label_now = 3;
    print_recorded(s);
    cuda(cudaStreamEndCapture(s, &g), "cudaStreamEndCapture");
    print_recorded(s);
    cuda(cudaGraphInstantiate(&a, g, 0), "cudaGraphInstantiate");
    cuda(cudaGraphInstantiate(&b, g, 0), "cudaGraphInstantiate");
    cuda(cudaGraphDestroy(g), "cudaGraphDestroy");
    cuda(cudaGraphLaunch(a, s), "cudaGraphLaunch");
    cuda(cudaGraphLaunch(a, s), "cudaGraphLaunch");
    cuda(cudaGraphLaunch(b, s), "cudaGraphLaunch");
    cuda(cudaStreamSynchronize(s), "cudaStreamSynchronize");
    cuda(cudaGraphExecDestroy(a), "cudaGraphExecDestroy");
    cuda(cudaGraphExecDestroy(b), "cudaGraphExecDestroy");
}

int main(int count, char **argument)
{
    cudaStream_t s;
    float *x;
    size_t more = 0;
    if (count > 1)
        buffer_bytes = strtoul(argument[1], NULL, 10);
    CUpti_SubscriberHandle subscriber = trace_begin();
    cuda(cudaStreamCreateWithFlags(&s, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
    cuda(cudaMalloc((void **)&x, VALUES * sizeof *x), "cudaMalloc");
    eager(s, x);
    graph(s, x);
    cuda(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
    must(cuptiActivityFlushAll(0), "cuptiActivityFlushAll", "");
    must(cuptiActivityFlushAll(CUPTI_ACTIVITY_FLAG_FLUSH_FORCED), "cuptiActivityFlushAll", "");
    must(cuptiActivityGetNumDroppedRecords(NULL, 0, &more), "cuptiActivityGetNumDroppedRecords", "");
    printf("dropped %zu, buffers out %d\n", dropped + more, buffers_out);
    must(cuptiUnsubscribe(subscriber), "cuptiUnsubscribe", "");
    must(cuptiFinalize(), "cuptiFinalize", "");
    cuda(cudaFree(x), "cudaFree");
    cuda(cudaStreamDestroy(s), "cudaStreamDestroy");
    return 0;
}
