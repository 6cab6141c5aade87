/* Streams and the captures on them. Work is executed where it is enqueued, so that streams never have anything to wait
 * for; in a capture it is recorded, in the order of the calls, which respects every dependence between streams.
 *
 * A stream joins a capture by waiting for an event that was recorded in it. What it does afterwards must be joined
 * again by the stream where the capture began, directly or by way of others, before the capture ends. */
#include "tests/cuda/host/fake_cudart_stream.h"
#include "pipeline/runtime/cuda/compat.h"
#include "tests/cuda/host/fake_cudart.h"

#include <pthread.h>
#include <stdlib.h>

static const char stream_kind[] = "stream";
static struct CUstream_st legacy = {.number = 7 /* CUPTI's, too */, .blocking = true};
static struct CUstream_st *streams = &legacy; /* all of them */
static struct capture *captures;              /* those that go on */
static uint64_t capture_number;
static uint32_t stream_number = 7;

struct CUstream_st *stream_of(cudaStream_t s)
{
    if (!s || s == cudaStreamLegacy || s == cudaStreamPerThread)
        return &legacy;
    return fake_holds(stream_kind, s) ? s : NULL;
}

struct capture *capture_of(uint64_t number)
{
    struct capture *c = captures;
    while (c && c->number != number)
        c = c->next;
    return c;
}

/* Modes: a global capture forbids unsafe calls to all threads, a thread-local one to its own, a relaxed one to none. */
cudaError_t capture_forbids(void)
{
    cudaError_t e = cudaSuccess;
    lock();
    for (struct capture *c = captures; c; c = c->next)
        if (c->mode == cudaStreamCaptureModeGlobal ||
            (c->mode == cudaStreamCaptureModeThreadLocal && pthread_equal(c->thread, pthread_self()))) {
            c->invalid = true;
            e = cudaErrorStreamCaptureUnsupported;
        }
    unlock();
    return error_is(e);
}

/* Of work on the legacy stream, which waits for all blocking ones. */
static cudaError_t capture_forbids_legacy(void)
{
    cudaError_t e = cudaSuccess;
    for (struct CUstream_st *s = streams; s; s = s->next)
        if (s->capture && s->blocking) {
            s->capture->invalid = true;
            e = cudaErrorStreamCaptureImplicit;
        }
    return e;
}

/* Where the work has to go: NULL in *out where it is executed. */
static cudaError_t place(cudaStream_t stream, struct CUstream_st **out)
{
    struct CUstream_st *s = stream_of(stream);
    *out = NULL;
    if (!s)
        return cudaErrorInvalidResourceHandle;
    if (s == &legacy)
        return capture_forbids_legacy();
    if (s->capture && s->capture->invalid)
        return cudaErrorStreamCaptureInvalidated;
    *out = s->capture ? s : NULL;
    return cudaSuccess;
}

cudaError_t stream_work(cudaStream_t stream, struct work w)
{
    struct CUstream_st *s;
    struct CUgraph_st *graph = NULL;
    cudaGraphNode_t node = NULL;
    lock();
    cudaError_t e = place(stream, &s);
    if (!e && s) {
        graph = s->capture->graph;
        node = graph_add(graph, w);
        s->last = ++s->capture->sequence;
        s->unjoined = s != s->capture->origin;
    }
    unlock();
    if (!e && !s)
        work_run(&w, (struct fake_place){.stream = stream_of(stream)->number});
    else if (node && tool_now())
        tool_now()->node_recorded(graph, node);
    if (e || !s)
        w.drop(w.closure);
    return error_is(e);
}

static cudaError_t launch(cudaStream_t stream, const char *name, const struct fake_shape *shape,
                          void (*run)(void *closure), void *closure, void (*drop)(void *closure))
{
    return stream_work(stream, (struct work){.what = {FAKE_KERNEL, .name = name, .shape = *shape},
                                             .run = run,
                                             .closure = closure,
                                             .drop = drop});
}

cudaError_t fake_enqueue(cudaStream_t stream, const char *name, void (*run)(void *closure), void *closure,
                         void (*drop)(void *closure))
{
    TOLD("cuLaunchKernelEx"); /* libraries launch by the driver */
    return launch(stream, name, &(struct fake_shape){{1, 1, 1}, {1, 1, 1}, 0, NULL}, run, closure, drop);
}

cudaError_t fake_launch_shaped(cudaStream_t stream, const char *name, const struct fake_shape *shape,
                               void (*run)(void *closure), void *closure, void (*drop)(void *closure))
{
    TOLD("cudaLaunchKernel");
    enum fake_verdict verdict = fake_call(name, FAKE_WORKS);
    if (verdict == FAKE_GOES_ON)
        return launch(stream, name, shape, run, closure, drop);
    drop(closure);
    return error_of(verdict, cudaErrorLaunchFailure);
}

cudaError_t fake_launch(cudaStream_t stream, const char *name, void (*run)(void *closure), void *closure,
                        void (*drop)(void *closure))
{
    return fake_launch_shaped(stream, name, &(struct fake_shape){{1, 1, 1}, {1, 1, 1}, 0, NULL}, run, closure, drop);
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *out, unsigned flags)
{
    CALL(FAKE_ASKS, cudaErrorMemoryAllocation);
    PASS(device_check());
    REQUIRE(out && (flags == cudaStreamDefault || flags == cudaStreamNonBlocking), cudaErrorInvalidValue);
    struct CUstream_st *s = calloc(1, sizeof *s);
    REQUIRE(s, cudaErrorMemoryAllocation);
    s->blocking = flags == cudaStreamDefault;
    lock();
    s->number = ++stream_number;
    s->next = streams;
    streams = s;
    unlock();
    fake_hold(stream_kind, s, 0);
    *out = s;
    return cudaSuccess;
}

cudaError_t cudaStreamCreate(cudaStream_t *out)
{
    return cudaStreamCreateWithFlags(out, cudaStreamDefault);
}

static void capture_end(struct capture *c)
{
    for (struct CUstream_st *s = streams; s; s = s->next)
        if (s->capture == c) {
            s->capture = NULL;
            s->unjoined = false;
        }
    struct capture **at = &captures;
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    free(c);
}

cudaError_t cudaStreamDestroy(cudaStream_t stream)
{
    TOLD(__func__);
    enum fake_verdict verdict = fake_call(__func__, FAKE_RELEASES);
    REQUIRE(stream && stream != cudaStreamLegacy && fake_let_go(stream_kind, stream), cudaErrorInvalidResourceHandle);
    lock();
    if (stream->capture && stream->capture->origin == stream) {
        graph_drop(stream->capture->graph);
        capture_end(stream->capture);
    } else if (stream->capture) {
        stream->capture->invalid = true;
    }
    struct CUstream_st **at = &streams;
    while (*at != stream)
        at = &(*at)->next;
    *at = stream->next;
    unlock();
    free(stream);
    return verdict == FAKE_GOES_ON ? cudaSuccess : error_of(verdict, cudaSuccess);
}

/* Nothing is ever waited for, but no capturing stream may be asked to. */
static cudaError_t wait_for(cudaStream_t stream)
{
    struct CUstream_st *s = stream_of(stream);
    REQUIRE(s, cudaErrorInvalidResourceHandle);
    if (s == &legacy)
        return error_is(capture_forbids_legacy());
    if (!s->capture)
        return cudaSuccess;
    s->capture->invalid = true;
    return error_is(cudaErrorStreamCaptureUnsupported);
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream)
{
    CALL(FAKE_WORKS, cudaErrorUnknown);
    if (stream_of(stream))
        tool_waited(FAKE_WAIT_STREAM, stream_of(stream)->number);
    return wait_for(stream);
}

cudaError_t cudaStreamQuery(cudaStream_t stream)
{
    CALL(FAKE_WORKS, cudaErrorUnknown);
    return wait_for(stream);
}

cudaError_t cudaDeviceSynchronize(void)
{
    CALL(FAKE_WORKS, cudaErrorUnknown);
    PASS(device_check());
    tool_waited(FAKE_WAIT_DEVICE, 0);
    if (!captures)
        return cudaSuccess;
    for (struct capture *c = captures; c; c = c->next)
        c->invalid = true;
    return error_is(cudaErrorStreamCaptureUnsupported);
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, enum cudaStreamCaptureMode mode)
{
    CALL(FAKE_ASKS, cudaErrorMemoryAllocation);
    struct CUstream_st *s = stream_of(stream);
    REQUIRE(s && s != &legacy, cudaErrorStreamCaptureUnsupported);
    REQUIRE(!s->capture, cudaErrorIllegalState);
    struct capture *c = calloc(1, sizeof *c);
    REQUIRE(c, cudaErrorMemoryAllocation);
    *c = (struct capture){.mode = mode, .origin = s, .thread = pthread_self(), .graph = graph_new()};
    lock();
    c->number = ++capture_number;
    c->next = captures;
    captures = c;
    s->capture = c;
    unlock();
    return cudaSuccess;
}

/* A failure ends the capture as well, and there is no graph. */
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph)
{
    REQUIRE(graph, cudaErrorInvalidValue);
    *graph = NULL;
    struct CUstream_st *s = stream_of(stream);
    TOLD(__func__);
    enum fake_verdict verdict = fake_call(__func__, FAKE_ASKS);
    REQUIRE(s, cudaErrorInvalidResourceHandle);
    struct capture *c = s->capture;
    if (!c)
        return verdict == FAKE_GOES_ON ? error_is(cudaErrorIllegalState) : error_of(verdict, cudaErrorIllegalState);
    if (c->origin != s) {
        c->invalid = true;
        return error_is(cudaErrorStreamCaptureUnmatched);
    }
    REQUIRE(c->mode == cudaStreamCaptureModeRelaxed || pthread_equal(c->thread, pthread_self()),
            cudaErrorStreamCaptureWrongThread);
    lock();
    cudaError_t e = c->invalid ? cudaErrorStreamCaptureInvalidated : cudaSuccess;
    for (const struct CUstream_st *other = streams; other; other = other->next)
        if (!e && other->capture == c && other->unjoined)
            e = cudaErrorStreamCaptureUnjoined;
    struct CUgraph_st *made = c->graph;
    capture_end(c);
    unlock();
    if (e || verdict != FAKE_GOES_ON) {
        graph_drop(made);
        return verdict != FAKE_GOES_ON ? error_of(verdict, cudaErrorStreamCaptureInvalidated) : error_is(e);
    }
    graph_give(made);
    *graph = made;
    return cudaSuccess;
}

static enum cudaStreamCaptureStatus status_of(const struct CUstream_st *s)
{
    return !s->capture           ? cudaStreamCaptureStatusNone
           : s->capture->invalid ? cudaStreamCaptureStatusInvalidated
                                 : cudaStreamCaptureStatusActive;
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream, enum cudaStreamCaptureStatus *status)
{
    CALL(FAKE_ASKS, cudaErrorUnknown);
    struct CUstream_st *s = stream_of(stream);
    REQUIRE(s && status, s ? cudaErrorInvalidValue : cudaErrorInvalidResourceHandle);
    if (s == &legacy)
        PASS(error_is(capture_forbids_legacy()));
    *status = status_of(s);
    return cudaSuccess;
}

/* What a capture has come to. Of a stream that joined it, the graph is the same. */
cudaError_t CAPTURE_INFO(cudaStream_t stream, enum cudaStreamCaptureStatus *status, unsigned long long *id,
                         cudaGraph_t *graph, const cudaGraphNode_t **dependencies, const cudaGraphEdgeData **edges,
                         size_t *count)
{
    CALL(FAKE_ASKS, cudaErrorUnknown);
    struct CUstream_st *s = stream_of(stream);
    REQUIRE(s && status, s ? cudaErrorInvalidValue : cudaErrorInvalidResourceHandle);
    REQUIRE(!dependencies && !edges && !count, cudaErrorInvalidValue); /* which nobody here asks for */
    if (s == &legacy)
        PASS(error_is(capture_forbids_legacy()));
    *status = status_of(s);
    if (*status == cudaStreamCaptureStatusActive && id)
        *id = s->capture->number;
    if (*status == cudaStreamCaptureStatusActive && graph)
        *graph = s->capture->graph;
    return cudaSuccess;
}
