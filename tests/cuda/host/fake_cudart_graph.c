/* Graphs: work in its order. One that was instantiated shares the list with the graph that it was made of. */
#include "tests/cuda/host/fake_cudart_stream.h"

#include <stdlib.h>

struct CUgraph_st {
    struct work_list *list;
};
struct CUgraphExec_st {
    struct work_list *list;
};
static const char graph_kind[] = "graph", exec_kind[] = "executable graph";

struct work_list *work_list_new(void)
{
    struct work_list *l = calloc(1, sizeof *l);
    if (!l)
        abort();
    l->users = 1;
    return l;
}

void work_list_add(struct work_list *l, struct work w)
{
    if (l->count == l->room) {
        l->room = 2 * l->room + 64;
        l->work = realloc(l->work, l->room * sizeof *l->work);
        if (!l->work)
            abort();
    }
    l->work[l->count++] = w;
}

void work_list_run(const struct work_list *l)
{
    for (size_t i = 0; i < l->count && !error_broken(); i++)
        if (l->work[i].always || settings.computes)
            l->work[i].run(l->work[i].closure);
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
    for (size_t i = 0; i < l->count; i++)
        l->work[i].drop(l->work[i].closure);
    free(l->work);
    free(l);
}

cudaGraph_t graph_new(struct work_list *l)
{
    struct CUgraph_st *g = malloc(sizeof *g);
    if (!g)
        abort();
    g->list = l;
    fake_hold(graph_kind, g, 0);
    return g;
}

/* A node is where its work is in the list. */
cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t *nodes, size_t *count)
{
    CALL(FAKE_ASKS, cudaErrorUnknown);
    REQUIRE(graph && fake_holds(graph_kind, graph) && count, cudaErrorInvalidValue);
    size_t there = graph->list->count;
    for (size_t i = 0; nodes && i < *count; i++)
        nodes[i] = i < there ? (cudaGraphNode_t)(void *)&graph->list->work[i] : NULL;
    if (!nodes || *count > there)
        *count = there;
    return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph)
{
    enum fake_verdict verdict = fake_call(__func__, FAKE_RELEASES);
    REQUIRE(graph && fake_let_go(graph_kind, graph), cudaErrorInvalidValue);
    work_list_leave(graph->list);
    free(graph);
    return verdict == FAKE_GOES_ON ? cudaSuccess : error_of(verdict, cudaSuccess);
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t *out, cudaGraph_t graph, unsigned long long flags)
{
    CALL(FAKE_ASKS, cudaErrorMemoryAllocation);
    const unsigned long long known = cudaGraphInstantiateFlagAutoFreeOnLaunch | cudaGraphInstantiateFlagUpload |
                                     cudaGraphInstantiateFlagUseNodePriority;
    REQUIRE(out && graph && fake_holds(graph_kind, graph) && !(flags & ~known), cudaErrorInvalidValue);
    struct CUgraphExec_st *e = malloc(sizeof *e);
    REQUIRE(e, cudaErrorMemoryAllocation);
    e->list = work_list_share(graph->list);
    fake_hold(exec_kind, e, 0);
    *out = e;
    return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec)
{
    enum fake_verdict verdict = fake_call(__func__, FAKE_RELEASES);
    REQUIRE(exec && fake_let_go(exec_kind, exec), cudaErrorInvalidValue);
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

static void run_list(void *closure)
{
    work_list_run(closure);
}

static void leave_list(void *closure)
{
    work_list_leave(closure);
}

/* In a capture the launch is a node of its own. A fault while it runs is told by the next call. */
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream)
{
    CALL(FAKE_WORKS, cudaErrorUnknown);
    REQUIRE(exec && fake_holds(exec_kind, exec), cudaErrorInvalidValue);
    return stream_work(stream, (struct work){"graph", run_list, work_list_share(exec->list), leave_list, true});
}
