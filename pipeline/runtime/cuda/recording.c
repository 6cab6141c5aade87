#include "pipeline/runtime/cuda/recording.h"

#include "pipeline/base/phase.h"
#include "pipeline/runtime/cuda/compat.h"
#include "pipeline/runtime/cuda/cuda.h"

struct err recording_begin(void *state)
{
    const struct cuda *c = state;
    /* thread-local: what other threads do (an idle profiler's, say) does not end it */
    return cuda_check(cudaStreamBeginCapture(c->stream, cudaStreamCaptureModeThreadLocal),
                      "beginning to record launches");
}

/* *ready stays NULL where it cannot be made; it may be there where it cannot be sent. */
static struct err make_ready(const struct cuda *c, cudaGraph_t graph, cudaGraphExec_t *ready)
{
    TRY(cuda_check(cudaGraphInstantiate(ready, graph, 0), "making recorded launches ready"));
    TRY(cuda_check(cudaGraphUpload(*ready, c->stream), "sending recorded launches to the device"));
    return cuda_check(cudaStreamSynchronize(c->stream), "waiting for recorded launches to arrive");
}

struct err recording_end(void *state, void **recording)
{
    const struct cuda *c = state;
    cudaGraph_t graph = NULL;
    cudaGraphExec_t ready = NULL;
    *recording = NULL;
    struct err e = cuda_check(cudaStreamEndCapture(c->stream, &graph), "recording launches");
    enum phase before = phase_enter(PHASE_instantiate);
    if (!e.code)
        e = make_ready(c, graph, &ready);
    phase_return(before);
    if (graph)
        cudaGraphDestroy(graph);
    if (e.code && ready)
        cudaGraphExecDestroy(ready);
    else
        *recording = ready;
    return e;
}

/* The graph of a capture may be asked about while it grows. */
size_t recording_recorded(void *state)
{
    const struct cuda *c = state;
    enum cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
    cudaGraph_t graph = NULL;
    size_t nodes = 0;
    cudaError_t e = CAPTURE_INFO(c->stream, &status, NULL, &graph, NULL, NULL, NULL);
    if (!e && status == cudaStreamCaptureStatusActive)
        e = cudaGraphGetNodes(graph, NULL, &nodes);
    if (e)
        cudaGetLastError(); /* unknown, and no error of the recording */
    return e ? 0 : nodes;
}

struct err recording_replay(void *state, void *recording)
{
    const struct cuda *c = state;
    return cuda_check(cudaGraphLaunch(recording, c->stream), "launching recorded launches");
}

void recording_forget(void *state, void *recording)
{
    (void)state;
    if (recording)
        cudaGraphExecDestroy(recording); /* one that still runs ends first */
}
