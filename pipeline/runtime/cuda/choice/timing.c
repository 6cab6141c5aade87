#include "pipeline/runtime/cuda/choice/timing.h"

#include <stdlib.h>

#include "pipeline/runtime/cuda/check.h"
#include "pipeline/runtime/memory.h"

/* As float16 1.06, as float32 0.0115: sums of a few thousand products stay finite in both. */
enum { FILL = 0x3c };

struct timing {
    cudaStream_t stream;
    cudaEvent_t begin, end;
    char *memory;
    size_t bytes;
};

struct err timing_open(cudaStream_t stream, struct timing **out)
{
    struct timing *t = calloc(1, sizeof *t);
    *out = NULL;
    if (!t)
        return err_fail("out of memory");
    t->stream = stream;
    struct err e = cuda_check(cudaEventCreate(&t->begin), "creating an event");
    if (!e.code)
        e = cuda_check(cudaEventCreate(&t->end), "creating an event");
    if (e.code)
        timing_close(t);
    else
        *out = t;
    return e;
}

void timing_release(struct timing *t)
{
    if (!t || !t->memory)
        return;
    cudaFree(t->memory); /* which waits for what still uses it */
    t->memory = NULL;
    t->bytes = 0;
}

void timing_close(struct timing *t)
{
    if (!t)
        return;
    timing_release(t);
    if (t->begin)
        cudaEventDestroy(t->begin);
    if (t->end)
        cudaEventDestroy(t->end);
    free(t);
}

struct err timing_operands(struct timing *t, const size_t bytes[TIMING_OPERANDS], void *at[TIMING_OPERANDS])
{
    size_t all = 0;
    for (int i = 0; i < TIMING_OPERANDS; i++)
        all += memory_aligned(bytes[i]);
    if (all > t->bytes) {
        void *memory = NULL;
        timing_release(t);
        cudaError_t status = cudaMalloc(&memory, all);
        if (status == cudaErrorMemoryAllocation)
            cudaGetLastError(); /* what does not fit is not timed; nothing else may meet this error */
        TRY(cuda_check(status, "memory for timing alternatives"));
        t->memory = memory;
        t->bytes = all;
        TRY(cuda_check(cudaMemsetAsync(memory, FILL, all, t->stream), "memory for timing alternatives"));
    }
    char *next = t->memory;
    for (int i = 0; i < TIMING_OPERANDS; i++) {
        at[i] = bytes[i] ? next : NULL;
        next += memory_aligned(bytes[i]);
    }
    return OK;
}

static struct err run_times(struct err (*run)(void *context), void *context, int runs)
{
    for (int i = 0; i < runs; i++)
        TRY(run(context));
    return OK;
}

/* Kernels of a few microseconds are over before the next is enqueued: as one recorded graph they follow each other as
 * in the plan's own recording. NULL where the candidate cannot be recorded. */
static cudaGraphExec_t record(struct timing *t, struct err (*run)(void *context), void *context, int runs)
{
    cudaGraph_t graph = NULL;
    cudaGraphExec_t ready = NULL;
    if (cudaStreamBeginCapture(t->stream, cudaStreamCaptureModeThreadLocal) != cudaSuccess)
        return NULL;
    struct err e = run_times(run, context, runs);
    if (cudaStreamEndCapture(t->stream, &graph) != cudaSuccess || e.code ||
        cudaGraphInstantiate(&ready, graph, 0) != cudaSuccess) {
        cudaGetLastError(); /* the next launch is none of its business */
        ready = NULL;
    }
    if (graph)
        cudaGraphDestroy(graph);
    err_free(&e);
    return ready;
}

static struct err time_stream(struct timing *t, struct err (*run)(void *context), void *context, int runs,
                              cudaGraphExec_t recorded, int64_t *ns)
{
    float ms = 0;
    TRY(cuda_check(cudaEventRecord(t->begin, t->stream), "timing an alternative"));
    if (recorded)
        TRY(cuda_check(cudaGraphLaunch(recorded, t->stream), "timing an alternative"));
    else
        TRY(run_times(run, context, runs));
    TRY(cuda_check(cudaEventRecord(t->end, t->stream), "timing an alternative"));
    TRY(cuda_check(cudaEventSynchronize(t->end), "timing an alternative"));
    TRY(cuda_check(cudaEventElapsedTime(&ms, t->begin, t->end), "timing an alternative"));
    *ns = (int64_t)((double)ms * 1e6);
    return OK;
}

struct err timing_run(struct timing *t, struct err (*run)(void *context), void *context, int runs, int64_t *ns)
{
    cudaGraphExec_t recorded = runs > 1 ? record(t, run, context, runs) : NULL;
    if (recorded)
        cudaGraphUpload(recorded, t->stream);
    struct err e = time_stream(t, run, context, runs, recorded, ns);
    if (recorded)
        cudaGraphExecDestroy(recorded);
    return e;
}
