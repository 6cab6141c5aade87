/* Streams and the captures on them. Work is executed where it is enqueued, so that streams never have anything to wait
 * for; in a capture it is recorded, in the order of the calls, which respects every dependence between streams.
 *
 * A stream joins a capture by waiting for an event that was recorded in it. What it does afterwards must be joined
 * again by the stream where the capture began, directly or by way of others, before the capture ends. */
#include "tests/cuda/host/fake_cudart_stream.h"
#include "tests/cuda/host/fake_cudart.h"

#include <pthread.h>
#include <stdlib.h>

static const char stream_kind[] = "stream";
static struct CUstream_st legacy = {.blocking = true};
static struct CUstream_st *streams = &legacy; /* all of them */
static struct capture *captures;              /* those that go on */
static uint64_t capture_number;

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
    lock();
    cudaError_t e = place(stream, &s);
    if (!e && s) {
        work_list_add(s->capture->list, w);
        s->last = ++s->capture->sequence;
        s->unjoined = s != s->capture->origin;
    }
    unlock();
    if (!e && !s && (w.always || settings.computes))
        w.run(w.closure);
    if (e || !s)
        w.drop(w.closure);
    return error_is(e);
}

cudaError_t fake_enqueue(cudaStream_t stream, const char *name, void (*run)(void *closure), void *closure,
                         void (*drop)(void *closure))
{
    return stream_work(stream, (struct work){name, run, closure, drop, false});
}

cudaError_t fake_launch(cudaStream_t stream, const char *name, void (*run)(void *closure), void *closure,
                        void (*drop)(void *closure))
{
    enum fake_verdict verdict = fake_call(name, FAKE_WORKS);
    if (verdict == FAKE_GOES_ON)
        return fake_enqueue(stream, name, run, closure, drop);
    drop(closure);
    return error_of(verdict, cudaErrorLaunchFailure);
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
    enum fake_verdict verdict = fake_call(__func__, FAKE_RELEASES);
    REQUIRE(stream && stream != cudaStreamLegacy && fake_let_go(stream_kind, stream), cudaErrorInvalidResourceHandle);
    lock();
    if (stream->capture && stream->capture->origin == stream) {
        work_list_leave(stream->capture->list);
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
    *c = (struct capture){.mode = mode, .origin = s, .thread = pthread_self(), .list = work_list_new()};
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
    struct work_list *list = c->list;
    capture_end(c);
    unlock();
    if (e || verdict != FAKE_GOES_ON) {
        work_list_leave(list);
        return verdict != FAKE_GOES_ON ? error_of(verdict, cudaErrorStreamCaptureInvalidated) : error_is(e);
    }
    *graph = graph_new(list);
    return cudaSuccess;
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream, enum cudaStreamCaptureStatus *status)
{
    CALL(FAKE_ASKS, cudaErrorUnknown);
    struct CUstream_st *s = stream_of(stream);
    REQUIRE(s && status, s ? cudaErrorInvalidValue : cudaErrorInvalidResourceHandle);
    if (s == &legacy)
        PASS(error_is(capture_forbids_legacy()));
    *status = !s->capture           ? cudaStreamCaptureStatusNone
              : s->capture->invalid ? cudaStreamCaptureStatusInvalidated
                                    : cudaStreamCaptureStatusActive;
    return cudaSuccess;
}
