/* What the host's CUDA tells, as records and callbacks. */
#include "tests/cuda/host/fake_cupti.h"

#include <stdatomic.h>
#include <unistd.h>

enum {
    STREAMS = 64,     /* of which the last times are kept; streams that share a place never overlap */
    NO_NODE = 0x7fff, /* of a graph: more than any has here */
    REGISTERS = 32,
    CONTEXT = 1,
};

/* The call of this thread. */
static _Thread_local struct {
    uint64_t start;
    uint32_t correlation, waited_stream;
    enum fake_wait waited;
} call;
static atomic_uint correlations;
static atomic_bool over; /* after a fatal error */

/* Times on a stream follow each other, and none is empty. */
static struct {
    uint64_t start, end;
} last[STREAMS];

static void enter(const char *function)
{
    (void)function;
    call.correlation = atomic_fetch_add(&correlations, 1) + 1;
    call.waited = FAKE_WAIT_NONE;
    call.start = cupti_now();
}

static void add(const void *record, size_t bytes)
{
    if (!atomic_load(&over))
        record_add(record, bytes);
}

static void add_wait(uint64_t end)
{
    static const CUpti_ActivitySynchronizationType types[] = {
        [FAKE_WAIT_EVENT] = CUPTI_ACTIVITY_SYNCHRONIZATION_TYPE_EVENT_SYNCHRONIZE,
        [FAKE_WAIT_STREAM_EVENT] = CUPTI_ACTIVITY_SYNCHRONIZATION_TYPE_STREAM_WAIT_EVENT,
        [FAKE_WAIT_STREAM] = CUPTI_ACTIVITY_SYNCHRONIZATION_TYPE_STREAM_SYNCHRONIZE,
        [FAKE_WAIT_DEVICE] = CUPTI_ACTIVITY_SYNCHRONIZATION_TYPE_CONTEXT_SYNCHRONIZE};
    CUpti_ActivitySynchronization2 s = {.kind = CUPTI_ACTIVITY_KIND_SYNCHRONIZATION,
                                        .type = types[call.waited],
                                        .start = call.start,
                                        .end = end,
                                        .correlationId = call.correlation,
                                        .contextId = CONTEXT,
                                        .streamId = call.waited_stream ? call.waited_stream
                                                                       : CUPTI_SYNCHRONIZATION_INVALID_VALUE,
                                        .cudaEventId = CUPTI_SYNCHRONIZATION_INVALID_VALUE};
    add(&s, sizeof s);
}

static void leave(const char *function, cudaError_t result)
{
    const struct call_row *row = call_row_of(function);
    CUpti_ActivityExternalCorrelation external[CUPTI_EXTERNAL_CORRELATION_KIND_SIZE];
    uint64_t end = cupti_now();
    if (row && call_on(row->kind, row->cbid)) {
        int ids = kind_on(CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION) ? external_ids(external) : 0;
        for (int i = 0; i < ids; i++) {
            external[i].correlationId = call.correlation;
            add(&external[i], sizeof external[i]);
        }
        CUpti_ActivityAPI a = {.kind = row->kind,
                               .cbid = row->cbid,
                               .start = call.start,
                               .end = end,
                               .processId = (uint32_t)getpid(),
                               .threadId = (uint32_t)gettid(),
                               .correlationId = call.correlation,
                               .returnValue = (uint32_t)result};
        add(&a, sizeof a);
    }
    if (call.waited != FAKE_WAIT_NONE && kind_on(CUPTI_ACTIVITY_KIND_SYNCHRONIZATION))
        add_wait(end);
}

static void waited(enum fake_wait kind, uint32_t stream)
{
    call.waited = kind;
    call.waited_stream = stream;
}

static void fatal(void)
{
    CUpti_StateData state = {.notification = {CUPTI_ERROR_HARDWARE, "SDBENCH_FAKE_CUPTI asks for it"}};
    atomic_store(&over, true);
    callback(CUPTI_CB_DOMAIN_STATE, CUPTI_CBID_STATE_FATAL_ERROR, &state);
}

static void add_kernel(const struct fake_work *w, struct fake_place at, uint64_t start, uint64_t end, uint64_t before)
{
    bool lost = flaw_now(FLAW_lost), zero = flaw_now(FLAW_zero), inverted = flaw_now(FLAW_inverted),
         overlap = before && flaw_now(FLAW_overlap), unknown = flaw_now(FLAW_unknown), ends = flaw_now(FLAW_fatal);
    CUpti_ActivityKernel10 k = {
        .kind = kind_on(CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL) ? CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL
                                                               : CUPTI_ACTIVITY_KIND_KERNEL,
        .registersPerThread = REGISTERS,
        .start = zero       ? 0
                 : inverted ? end
                 : overlap  ? before
                            : start,
        .end = zero       ? 0
               : inverted ? start
                          : end,
        .contextId = CONTEXT,
        .streamId = at.stream,
        .gridX = (int32_t)w->shape.grid[0],
        .gridY = (int32_t)w->shape.grid[1],
        .gridZ = (int32_t)w->shape.grid[2],
        .blockX = (int32_t)w->shape.block[0],
        .blockY = (int32_t)w->shape.block[1],
        .blockZ = (int32_t)w->shape.block[2],
        .dynamicSharedMemory = (int32_t)w->shape.shared,
        .sharedMemoryExecuted = w->shape.shared,
        .correlationId = call.correlation,
        .gridId = (int64_t)call.correlation,
        .name = kernel_name(w),
        .queued = latencies_on() ? call.start : 0,
        .submitted = latencies_on() ? call.start : 0,
        .graphNodeId = at.node,
        .graphId = at.exec,
        .channelType = CUPTI_CHANNEL_TYPE_COMPUTE,
    };
    if (!lost)
        add(&k, sizeof k);
    k.kind = KIND_UNKNOWN;
    if (unknown)
        add(&k, sizeof k);
    if (ends)
        fatal();
}

static uint8_t memory_kind(const void *at)
{
    static const uint8_t kinds[] = {[FAKE_PAGEABLE] = CUPTI_ACTIVITY_MEMORY_KIND_PAGEABLE,
                                    [FAKE_PINNED] = CUPTI_ACTIVITY_MEMORY_KIND_PINNED,
                                    [FAKE_DEVICE] = CUPTI_ACTIVITY_MEMORY_KIND_DEVICE};
    return kinds[fake_memory_of(at)];
}

static void add_copy(const struct fake_work *w, struct fake_place at, uint64_t start, uint64_t end)
{
    static const uint8_t kinds[2][2] = {{CUPTI_ACTIVITY_MEMCPY_KIND_HTOH, CUPTI_ACTIVITY_MEMCPY_KIND_HTOD},
                                        {CUPTI_ACTIVITY_MEMCPY_KIND_DTOH, CUPTI_ACTIVITY_MEMCPY_KIND_DTOD}};
    uint8_t from = memory_kind(w->from), to = memory_kind(w->to);
    CUpti_ActivityMemcpy6 c = {
        .kind = CUPTI_ACTIVITY_KIND_MEMCPY,
        .copyKind = kinds[from == CUPTI_ACTIVITY_MEMORY_KIND_DEVICE][to == CUPTI_ACTIVITY_MEMORY_KIND_DEVICE],
        .srcKind = from,
        .dstKind = to,
        .bytes = w->bytes,
        .start = start,
        .end = end,
        .contextId = CONTEXT,
        .streamId = at.stream,
        .correlationId = call.correlation,
        .graphNodeId = at.node,
        .graphId = at.exec,
        .channelType = CUPTI_CHANNEL_TYPE_ASYNC_MEMCPY,
        .copyCount = 1};
    add(&c, sizeof c);
}

static void add_set(const struct fake_work *w, struct fake_place at, uint64_t start, uint64_t end)
{
    CUpti_ActivityMemset4 s = {.kind = CUPTI_ACTIVITY_KIND_MEMSET,
                               .value = (uint32_t)w->value,
                               .bytes = w->bytes,
                               .start = start,
                               .end = end,
                               .contextId = CONTEXT,
                               .streamId = at.stream,
                               .correlationId = call.correlation,
                               .memoryKind = memory_kind(w->to),
                               .graphNodeId = at.node,
                               .graphId = at.exec,
                               .channelType = CUPTI_CHANNEL_TYPE_COMPUTE};
    add(&s, sizeof s);
}

static void ran(const struct fake_work *w, struct fake_place at, uint64_t start, uint64_t end)
{
    bool kernel = w->what == FAKE_KERNEL;
    if (kernel ? !kind_on(CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL) && !kind_on(CUPTI_ACTIVITY_KIND_KERNEL)
               : !kind_on(w->what == FAKE_COPY ? CUPTI_ACTIVITY_KIND_MEMCPY : CUPTI_ACTIVITY_KIND_MEMSET))
        return;
    size_t i = at.stream % STREAMS;
    lock();
    uint64_t before = last[i].start;
    start = start > last[i].end ? start : last[i].end;
    end = end > start ? end : start + 1;
    last[i].start = start;
    last[i].end = end;
    unlock();
    if (flaw_first(FLAW_drop))
        record_drop();
    else if (kernel)
        add_kernel(w, at, start, end, before);
    else if (w->what == FAKE_COPY)
        add_copy(w, at, start, end);
    else
        add_set(w, at, start, end);
}

static void exec_ran(struct fake_place at)
{
    static const struct fake_work work = {FAKE_KERNEL, .name = "extra", .shape = {{1, 1, 1}, {32, 1, 1}, 0, NULL}};
    if (!flaw_on(FLAW_extra))
        return;
    at.node = (uint64_t)at.exec << 32 | NO_NODE;
    ran(&work, at, cupti_now(), cupti_now());
}

static void tell_graph(CUpti_CallbackId cbid, CUpti_GraphData data)
{
    CUpti_ResourceData resource = {.resourceDescriptor = &data};
    callback(CUPTI_CB_DOMAIN_RESOURCE, cbid, &resource);
}

static CUgraphNodeType type_of(cudaGraphNode_t node)
{
    static const CUgraphNodeType types[] = {[FAKE_KERNEL] = CU_GRAPH_NODE_TYPE_KERNEL,
                                            [FAKE_COPY] = CU_GRAPH_NODE_TYPE_MEMCPY,
                                            [FAKE_SET] = CU_GRAPH_NODE_TYPE_MEMSET,
                                            [FAKE_GRAPH] = CU_GRAPH_NODE_TYPE_GRAPH};
    return types[fake_node_work(node)->what];
}

static void node_recorded(cudaGraph_t graph, cudaGraphNode_t node)
{
    tell_graph(CUPTI_CBID_RESOURCE_GRAPHNODE_CREATED,
               (CUpti_GraphData){.graph = graph, .node = node, .nodeType = type_of(node)});
}

static void instantiate_begins(cudaGraph_t graph)
{
    tell_graph(CUPTI_CBID_RESOURCE_GRAPHEXEC_CREATE_STARTING, (CUpti_GraphData){.graph = graph});
}

static void nodes_cloned(cudaGraph_t graph, size_t count, const cudaGraphNode_t *original, const cudaGraphNode_t *clone)
{
    for (size_t i = 0; i < count; i++) {
        size_t of = flaw_on(FLAW_relabel) && i == 0 ? count - 1 : flaw_on(FLAW_relabel) && i == count - 1 ? 0 : i;
        CUpti_GraphData data = {.originalGraph = graph, .node = clone[i], .nodeType = type_of(original[i])};
        tell_graph(CUPTI_CBID_RESOURCE_GRAPHNODE_CREATED, data);
        data.originalNode = original[of];
        tell_graph(CUPTI_CBID_RESOURCE_GRAPHNODE_CLONED, data);
    }
}

static void instantiated(cudaGraph_t graph, cudaGraphExec_t exec)
{
    tell_graph(CUPTI_CBID_RESOURCE_GRAPHEXEC_CREATED, (CUpti_GraphData){.graph = graph, .graphExec = exec});
}

static void graph_ends(cudaGraph_t graph)
{
    tell_graph(CUPTI_CBID_RESOURCE_GRAPH_DESTROY_STARTING, (CUpti_GraphData){.graph = graph});
}

static void exec_ends(cudaGraphExec_t exec)
{
    tell_graph(CUPTI_CBID_RESOURCE_GRAPHEXEC_DESTROY_STARTING, (CUpti_GraphData){.graphExec = exec});
}

CUptiResult cuptiGetGraphNodeId(CUgraphNode node, uint64_t *id)
{
    if (!node || !id)
        return CUPTI_ERROR_INVALID_PARAMETER;
    *id = fake_node_id(node);
    return CUPTI_SUCCESS;
}

CUptiResult cuptiGetGraphId(CUgraph graph, uint32_t *id)
{
    if (!graph || !id)
        return CUPTI_ERROR_INVALID_PARAMETER;
    *id = fake_graph_id(graph);
    return CUPTI_SUCCESS;
}

CUptiResult cuptiGetGraphExecId(CUgraphExec exec, uint32_t *id)
{
    if (!exec || !id)
        return CUPTI_ERROR_INVALID_PARAMETER;
    *id = fake_exec_id(exec);
    return CUPTI_SUCCESS;
}

const struct fake_tool cupti_tool = {
    .now = cupti_now,
    .enter = enter,
    .leave = leave,
    .waited = waited,
    .ran = ran,
    .node_recorded = node_recorded,
    .instantiate_begins = instantiate_begins,
    .nodes_cloned = nodes_cloned,
    .instantiated = instantiated,
    .exec_ran = exec_ran,
    .graph_ends = graph_ends,
    .exec_ends = exec_ends,
};
