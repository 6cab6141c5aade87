/* Events: a time, or a place in a capture. */
#include "tests/cuda/host/fake_cudart_stream.h"

#include <stdlib.h>
#include <time.h>

struct CUevent_st {
    bool timed, recorded;
    struct timespec at;
    uint64_t capture, sequence; /* capture: its number, 0 where it was recorded in none */
    struct CUstream_st *stream; /* of the capture */
};
static const char event_kind[] = "event";

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *out, unsigned flags)
{
    CALL(FAKE_ASKS, cudaErrorMemoryAllocation);
    PASS(device_check());
    REQUIRE(out && !(flags & ~(unsigned)(cudaEventBlockingSync | cudaEventDisableTiming)), cudaErrorInvalidValue);
    struct CUevent_st *e = calloc(1, sizeof *e);
    REQUIRE(e, cudaErrorMemoryAllocation);
    e->timed = !(flags & cudaEventDisableTiming);
    fake_hold(event_kind, e, 0);
    *out = e;
    return cudaSuccess;
}

cudaError_t cudaEventCreate(cudaEvent_t *out)
{
    return cudaEventCreateWithFlags(out, cudaEventDefault);
}

cudaError_t cudaEventDestroy(cudaEvent_t event)
{
    TOLD(__func__);
    enum fake_verdict verdict = fake_call(__func__, FAKE_RELEASES);
    REQUIRE(event && fake_let_go(event_kind, event), cudaErrorInvalidResourceHandle);
    free(event);
    return verdict == FAKE_GOES_ON ? cudaSuccess : error_of(verdict, cudaSuccess);
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream)
{
    CALL(FAKE_WORKS, cudaErrorUnknown);
    struct CUstream_st *s = stream_of(stream);
    REQUIRE(s && event && fake_holds(event_kind, event), cudaErrorInvalidResourceHandle);
    REQUIRE(!s->capture || !s->capture->invalid, cudaErrorStreamCaptureInvalidated);
    event->recorded = true;
    event->capture = s->capture ? s->capture->number : 0;
    event->sequence = s->capture ? s->capture->sequence : 0;
    event->stream = s->capture ? s : NULL;
    clock_gettime(CLOCK_MONOTONIC, &event->at);
    return cudaSuccess;
}

/* Whether it may be asked about: not where it stands for a place in a capture, which that spoils. */
static cudaError_t ask(cudaEvent_t event)
{
    REQUIRE(event && fake_holds(event_kind, event), cudaErrorInvalidResourceHandle);
    if (!event->capture)
        return cudaSuccess;
    struct capture *c = capture_of(event->capture);
    if (c)
        c->invalid = true;
    return error_is(cudaErrorCapturedEvent);
}

cudaError_t cudaEventSynchronize(cudaEvent_t event)
{
    CALL(FAKE_WORKS, cudaErrorUnknown);
    PASS(ask(event));
    tool_waited(FAKE_WAIT_EVENT, 0);
    return capture_forbids();
}

cudaError_t cudaEventQuery(cudaEvent_t event)
{
    CALL(FAKE_WORKS, cudaErrorUnknown);
    PASS(ask(event));
    return capture_forbids();
}

cudaError_t cudaEventElapsedTime(float *ms, cudaEvent_t start, cudaEvent_t end)
{
    CALL(FAKE_WORKS, cudaErrorUnknown);
    REQUIRE(ms, cudaErrorInvalidValue);
    PASS(ask(start));
    PASS(ask(end));
    REQUIRE(start->timed && end->timed && start->recorded && end->recorded, cudaErrorInvalidResourceHandle);
    *ms = (float)((double)(end->at.tv_sec - start->at.tv_sec) * 1e3 +
                  (double)(end->at.tv_nsec - start->at.tv_nsec) * 1e-6);
    return cudaSuccess;
}

/* Within a capture this is how a stream joins it, and how the work of one becomes that of another to wait for. */
static cudaError_t join(struct CUstream_st *s, const struct CUevent_st *event)
{
    struct capture *of_event = event->capture ? capture_of(event->capture) : NULL;
    if (event->capture && !of_event)
        return cudaErrorCapturedEvent;
    if (!of_event && !s->capture)
        return cudaSuccess;
    if (!of_event) {
        s->capture->invalid = true;
        return cudaErrorStreamCaptureIsolation;
    }
    if (s->capture && s->capture != of_event) {
        s->capture->invalid = of_event->invalid = true;
        return cudaErrorStreamCaptureMerge;
    }
    if (of_event->invalid)
        return cudaErrorStreamCaptureInvalidated;
    if (!s->capture) {
        s->capture = of_event;
        s->last = of_event->sequence;
    }
    if (event->stream != s && event->sequence >= event->stream->last)
        event->stream->unjoined = false;
    s->unjoined = s != of_event->origin;
    return cudaSuccess;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags)
{
    CALL(FAKE_WORKS, cudaErrorUnknown);
    struct CUstream_st *s = stream_of(stream);
    REQUIRE(s && event && fake_holds(event_kind, event), cudaErrorInvalidResourceHandle);
    REQUIRE(flags == cudaEventWaitDefault, cudaErrorInvalidValue);
    tool_waited(FAKE_WAIT_STREAM_EVENT, s->number);
    lock();
    cudaError_t e = join(s, event);
    unlock();
    return error_is(e);
}
