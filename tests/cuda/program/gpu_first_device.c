/* What the device does without cuDNN: how far apart the nodes of a recorded graph are, how fast memory is copied. */
#include "tests/cuda/program/gpu_first.h"

#include <stdio.h>

#include "pipeline/runtime/cuda/check.h"
#include "pipeline/runtime/cuda/kernels/launch.h"

enum { REPEATS = 9, NODES = 340, FEW = 34, COPIES = 10 };

struct launches {
    struct first *f;
    int count;
    int32_t *counter;
    cudaGraphExec_t recorded;
};

static struct err on_stream(void *context)
{
    const struct launches *l = context;
    for (int i = 0; i < l->count; i++)
        TRY(cuda_check(launch_advance(l->counter, l->counter, 1, l->f->stream), "launching a kernel"));
    return OK;
}

static struct err as_graph(void *context)
{
    const struct launches *l = context;
    return cuda_check(cudaGraphLaunch(l->recorded, l->f->stream), "launching a graph");
}

static struct err record(struct launches *l)
{
    cudaGraph_t graph = NULL;
    TRY(cuda_check(cudaStreamBeginCapture(l->f->stream, cudaStreamCaptureModeThreadLocal), "recording"));
    struct err e = on_stream(l);
    e = err_first(e, cuda_check(cudaStreamEndCapture(l->f->stream, &graph), "recording"));
    if (!e.code)
        e = cuda_check(cudaGraphInstantiate(&l->recorded, graph, 0), "making a recording ready");
    if (graph)
        cudaGraphDestroy(graph);
    return e;
}

/* The least of several, after one that is not counted. */
static struct err least(struct first *f, struct err (*run)(void *context), void *context, int runs, int64_t *ns)
{
    int64_t now;
    TRY(timing_run(f->timing, run, context, 1, ns));
    *ns = INT64_MAX;
    for (int i = 0; i < REPEATS; i++) {
        TRY(timing_run(f->timing, run, context, runs, &now));
        *ns = now < *ns ? now : *ns;
    }
    return *ns > 0 ? OK : err_fail("its time is less than the events can tell");
}

static struct err time_launches(struct launches *l, int count, int64_t *graph_ns, int64_t *stream_ns)
{
    void *at[TIMING_OPERANDS];
    const size_t bytes[TIMING_OPERANDS] = {sizeof(int32_t)};
    l->count = count;
    TRY(timing_operands(l->f->timing, bytes, at));
    l->counter = at[0];
    TRY(least(l->f, on_stream, l, 1, stream_ns));
    TRY(record(l));
    struct err e = least(l->f, as_graph, l, 1, graph_ns);
    cudaGraphExecDestroy(l->recorded);
    return e;
}

/* Of a kernel that does next to nothing: from one's begin to the next one's, the kernel itself included. */
void first_gaps(struct first *f)
{
    struct launches l = {.f = f};
    int64_t graph_ns = 0, stream_ns = 0, few_graph_ns = 0, few_stream_ns = 0;
    cJSON *line = line_begin(f, "launches of launch_advance, one value");
    if (!line)
        return;
    struct err e = time_launches(&l, FEW, &few_graph_ns, &few_stream_ns);
    if (!e.code)
        e = time_launches(&l, NODES, &graph_ns, &stream_ns);
    if (!e.code) {
        cJSON_AddNumberToObject(line, "launches", NODES);
        cJSON_AddNumberToObject(line, "graph_ns_per_launch", (double)graph_ns / NODES);
        cJSON_AddNumberToObject(line, "stream_ns_per_launch", (double)stream_ns / NODES);
        /* what begins and ends a graph is the same for few nodes and for many */
        cJSON_AddNumberToObject(line, "graph_ns_per_further_launch", (double)(graph_ns - few_graph_ns) / (NODES - FEW));
        cJSON_AddNumberToObject(line, "stream_ns_per_further_launch",
                                (double)(stream_ns - few_stream_ns) / (NODES - FEW));
    }
    line_end(f, line, e, "graph %.0f ns a launch (%.0f more), stream %.0f ns", (double)graph_ns / NODES,
             (double)(graph_ns - few_graph_ns) / (NODES - FEW), (double)stream_ns / NODES);
}

struct copy {
    struct first *f;
    void *from, *to;
    size_t bytes;
};

static struct err copy_once(void *context)
{
    const struct copy *c = context;
    return cuda_check(cudaMemcpyAsync(c->to, c->from, c->bytes, cudaMemcpyDeviceToDevice, c->f->stream), "copying");
}

static struct err time_copies(struct copy *c, int64_t *ns)
{
    void *at[TIMING_OPERANDS];
    const size_t bytes[TIMING_OPERANDS] = {c->bytes, c->bytes};
    TRY(timing_operands(c->f->timing, bytes, at));
    c->from = at[0];
    c->to = at[1];
    return least(c->f, copy_once, c, COPIES, ns);
}

void first_copies(struct first *f)
{
    static const size_t mib[] = {16, 64, 1024};
    for (size_t i = 0; i < ARRAY_LEN(mib); i++) {
        struct copy c = {.f = f, .bytes = mib[i] << 20};
        char item[64];
        int64_t ns = 1;
        snprintf(item, sizeof item, "device to device, %zu MiB", mib[i]);
        cJSON *line = line_begin(f, item);
        if (!line)
            continue;
        struct err e = time_copies(&c, &ns);
        const double gb = 2 * (double)c.bytes * COPIES / (double)ns; /* read and written; bytes a ns are GB a s */
        if (!e.code) {
            cJSON_AddNumberToObject(line, "bytes", (double)c.bytes);
            cJSON_AddNumberToObject(line, "us", (double)ns / COPIES / 1e3);
            cJSON_AddNumberToObject(line, "read_and_written_gb_per_s", gb);
        }
        line_end(f, line, e, "%.1f us, %.0f GB/s read and written", (double)ns / COPIES / 1e3, gb);
    }
    timing_release(f->timing);
}
