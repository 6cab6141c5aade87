/* Graphs: work in its order. One that was instantiated shares the list with the graph that it was made of. */
#include "tests/cuda/host/fake_cudart_stream.h"

#include <stdlib.h>

struct CUgraph_st {
    uint32_t id;
    struct work_list *list;
};
struct CUgraphExec_st {
    uint32_t id;
    struct work_list *list;
    struct CUgraphNode_st node[]; /* one for each in the list */
};
static const char graph_kind[] = "graph", capturing_kind[] = "graph in a capture", exec_kind[] = "executable graph";
static uint32_t last_id;

static uint32_t next_id(void)
{
    lock();
    uint32_t id = ++last_id;
    unlock();
    return id;
}

static uint64_t node_id(uint32_t graph, size_t place)
{
    return (uint64_t)graph << 32 | place;
}

uint32_t fake_graph_id(cudaGraph_t graph)
{
    return graph->id;
}

uint32_t fake_exec_id(cudaGraphExec_t exec)
{
    return exec->id;
}

uint64_t fake_node_id(cudaGraphNode_t node)
{
    return node->id;
}

/* The node of a graph is its work's first member. */
const struct fake_work *fake_node_work(cudaGraphNode_t node)
{
    return &((const struct work *)(const void *)node)->what;
}

struct work_list *work_list_new(void)
{
    struct work_list *l = calloc(1, sizeof *l);
    if (!l)
        abort();
    l->users = 1;
    return l;
}

struct work *work_list_add(struct work_list *l, struct work w)
{
    if (l->count == l->room) {
        l->room = 2 * l->room + 64;
        l->work = realloc(l->work, l->room * sizeof *l->work);
        if (!l->work)
            abort();
    }
    struct work *kept = malloc(sizeof *kept);
    if (!kept)
        abort();
    *kept = w;
    return l->work[l->count++] = kept;
}

static struct work_list *work_list_share(struct work_list *l)
{
    lock();
    l->users++;
    unlock();
    return l;
}

void work_list_leave(struct work_list *l)
{
    lock();
    bool last = --l->users == 0;
    unlock();
    if (!last)
        return;
    for (size_t i = 0; i < l->count; i++) {
        l->work[i]->drop(l->work[i]->closure);
        free(l->work[i]);
    }
    free(l->work);
    free(l);
}

cudaGraph_t graph_new(void)
{
    struct CUgraph_st *g = malloc(sizeof *g);
    if (!g)
        abort();
    *g = (struct CUgraph_st){next_id(), work_list_new()};
    fake_hold(capturing_kind, g, 0);
    return g;
}

cudaGraphNode_t graph_add(cudaGraph_t graph, struct work w)
{
    w.node.id = node_id(graph->id, graph->list->count);
    return &work_list_add(graph->list, w)->node;
}

void graph_give(cudaGraph_t graph)
{
    fake_let_go(capturing_kind, graph);
    fake_hold(graph_kind, graph, 0);
}

void graph_drop(cudaGraph_t graph)
{
    fake_let_go(capturing_kind, graph);
    work_list_leave(graph->list);
    free(graph);
}

cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t *nodes, size_t *count)
{
    CALL(FAKE_ASKS, cudaErrorUnknown);
    REQUIRE(graph && (fake_holds(graph_kind, graph) || fake_holds(capturing_kind, graph)) && count,
            cudaErrorInvalidValue);
    size_t there = graph->list->count;
    for (size_t i = 0; nodes && i < *count; i++)
        nodes[i] = i < there ? &graph->list->work[i]->node : NULL;
    if (!nodes || *count > there)
        *count = there;
    return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph)
{
    TOLD(__func__);
    enum fake_verdict verdict = fake_call(__func__, FAKE_RELEASES);
    REQUIRE(graph && fake_let_go(graph_kind, graph), cudaErrorInvalidValue);
    if (tool_now())
        tool_now()->graph_ends(graph);
    work_list_leave(graph->list);
    free(graph);
    return verdict == FAKE_GOES_ON ? cudaSuccess : error_of(verdict, cudaSuccess);
}

/* A tool hears of each node. */
static void tell_clones(cudaGraph_t graph, cudaGraphExec_t exec)
{
    const struct fake_tool *t = tool_now();
    size_t count = graph->list->count;
    cudaGraphNode_t *nodes = t ? malloc((2 * count + 1) * sizeof *nodes) : NULL;
    if (!nodes)
        return;
    for (size_t i = 0; i < count; i++) {
        nodes[i] = &graph->list->work[i]->node;
        nodes[count + i] = &exec->node[i];
    }
    t->instantiate_begins(graph);
    t->nodes_cloned(graph, count, nodes, nodes + count);
    t->instantiated(graph, exec);
    free(nodes);
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t *out, cudaGraph_t graph, unsigned long long flags)
{
    CALL(FAKE_ASKS, cudaErrorMemoryAllocation);
    const unsigned long long known = cudaGraphInstantiateFlagAutoFreeOnLaunch | cudaGraphInstantiateFlagUpload |
                                     cudaGraphInstantiateFlagUseNodePriority;
    REQUIRE(out && graph && fake_holds(graph_kind, graph) && !(flags & ~known), cudaErrorInvalidValue);
    size_t count = graph->list->count;
    struct CUgraphExec_st *e = malloc(sizeof *e + count * sizeof *e->node);
    REQUIRE(e, cudaErrorMemoryAllocation);
    *e = (struct CUgraphExec_st){next_id(), work_list_share(graph->list)};
    for (size_t i = 0; i < count; i++)
        e->node[i].id = node_id(e->id, i);
    fake_hold(exec_kind, e, 0);
    tell_clones(graph, e);
    *out = e;
    return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec)
{
    TOLD(__func__);
    enum fake_verdict verdict = fake_call(__func__, FAKE_RELEASES);
    REQUIRE(exec && fake_let_go(exec_kind, exec), cudaErrorInvalidValue);
    if (tool_now())
        tool_now()->exec_ends(exec);
    work_list_leave(exec->list);
    free(exec);
    return verdict == FAKE_GOES_ON ? cudaSuccess : error_of(verdict, cudaSuccess);
}

cudaError_t cudaGraphUpload(cudaGraphExec_t exec, cudaStream_t stream)
{
    CALL(FAKE_ASKS, cudaErrorMemoryAllocation);
    struct CUstream_st *s = stream_of(stream);
    REQUIRE(exec && fake_holds(exec_kind, exec) && s, cudaErrorInvalidValue);
    if (s->capture) {
        s->capture->invalid = true;
        return error_is(cudaErrorStreamCaptureUnsupported);
    }
    return cudaSuccess;
}

/* Outlives the executable graph where it was captured. */
struct launch {
    struct work_list *list;
    uint32_t exec, stream;
};

static void run_launch(void *closure)
{
    const struct launch *l = closure;
    struct fake_place at = {l->stream, l->exec, 0};
    for (size_t i = 0; i < l->list->count && !error_broken(); i++) {
        at.node = node_id(l->exec, i);
        work_run(l->list->work[i], at);
    }
    if (tool_now())
        tool_now()->exec_ran(at);
}

static void drop_launch(void *closure)
{
    struct launch *l = closure;
    work_list_leave(l->list);
    free(l);
}

/* In a capture the launch is a node of its own. A fault while it runs is told by the next call. */
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream)
{
    CALL(FAKE_WORKS, cudaErrorUnknown);
    REQUIRE(exec && fake_holds(exec_kind, exec), cudaErrorInvalidValue);
    const struct CUstream_st *s = stream_of(stream);
    REQUIRE(s, cudaErrorInvalidResourceHandle);
    struct launch *l = malloc(sizeof *l);
    REQUIRE(l, cudaErrorMemoryAllocation);
    *l = (struct launch){work_list_share(exec->list), exec->id, s->number};
    return stream_work(
        stream, (struct work){.what = {.what = FAKE_GRAPH}, .run = run_launch, .closure = l, .drop = drop_launch});
}
