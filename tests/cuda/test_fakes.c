/* tests/cuda/host: the runtime. Memory and its limits, streams, captures, graphs, events. */
#if __has_include(<cudnn.h>) && __has_include(<cublasLt.h>)
#include "tests/cuda/fakes.h"

#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <string.h>

static cudaStream_t stream_of(const struct cuda *c, unsigned flags)
{
    cudaStream_t s;
    cr_assert(!c->cudaStreamCreateWithFlags(&s, flags));
    return s;
}

Test(fakes, memory_is_poisoned_limited_and_checked)
{
    struct cuda c = fakes_open("SDBENCH_FAKE_MEMORY", "1000000", NULL);
    void *a, *b;
    float x[4] = {1, 2, 3, 4}, back[4];
    size_t left, total;
    cr_assert(!c.cudaMalloc(&a, 400000));
    cr_expect(isnan(*(float *)a) && (uintptr_t)a % 256 == 0);
    cr_expect_eq(c.cudaMalloc(&b, 600001), cudaErrorMemoryAllocation);
    cr_expect_eq(c.cudaGetLastError(), cudaErrorMemoryAllocation);
    cr_expect_eq(c.cudaGetLastError(), cudaSuccess, "not twice");
    cr_assert(!c.cudaMemGetInfo(&left, &total));
    cr_expect(left == 600000 && total == 1000000);

    cr_assert(!c.cudaMemcpy((char *)a + 399984, x, sizeof x, cudaMemcpyHostToDevice));
    cr_assert(!c.cudaMemcpy(back, (char *)a + 399984, sizeof x, cudaMemcpyDeviceToHost));
    cr_expect(!memcmp(x, back, sizeof x));
    cr_expect_eq(c.cudaMemcpy((char *)a + 399985, x, sizeof x, cudaMemcpyHostToDevice), cudaErrorInvalidValue,
                 "beyond");
    cr_expect_eq(c.cudaMemcpy(back, x, sizeof x, cudaMemcpyHostToDevice), cudaErrorInvalidValue, "no device memory");
    cr_expect_eq(c.cudaMemcpy(a, a, 16, cudaMemcpyHostToDevice), cudaErrorInvalidValue, "device memory as host's");
    cr_expect_eq(c.cudaFree((char *)a + 256), cudaErrorInvalidValue);
    cr_assert(!c.cudaFree(a));
    cr_expect_eq(c.cudaFree(a), cudaErrorInvalidValue, "freed twice");
}

Test(fakes, a_write_behind_a_block_ends_the_program)
{
    struct cuda c = fakes_open(NULL, NULL);
    void *a;
    int status;
    cr_assert(!c.cudaMalloc(&a, 100));
    pid_t child = fork();
    if (!child) {
        ((char *)a)[100] = 1;
        c.cudaFree(a);
        _exit(0);
    }
    cr_assert(child > 0 && waitpid(child, &status, 0) == child);
    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "status %d", status);
    c.cudaFree(a);
}

Test(fakes, devices_are_as_asked_for)
{
    struct cuda c = fakes_open("SDBENCH_FAKE_DEVICES", "2", "SDBENCH_FAKE_CAPABILITY", "75", NULL);
    int count, major, optin;
    char bus[2][16];
    cr_assert(!c.cudaGetDeviceCount(&count));
    cr_expect_eq(count, 2);
    cr_expect_eq(c.cudaSetDevice(2), cudaErrorInvalidDevice);
    cr_assert(!c.cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 1));
    cr_assert(!c.cudaDeviceGetAttribute(&optin, cudaDevAttrMaxSharedMemoryPerBlockOptin, 1));
    cr_expect(major == 7 && optin == 65536);
    cr_assert(!c.cudaDeviceGetPCIBusId(bus[0], 16, 0) && !c.cudaDeviceGetPCIBusId(bus[1], 16, 1));
    cr_expect(strcmp(bus[0], bus[1]) < 0);
}

Test(fakes, an_old_driver_is_refused)
{
    struct cuda c = fakes_open("SDBENCH_FAKE_DRIVER", "12040", NULL);
    int count = 7, version;
    cr_assert(!c.cudaDriverGetVersion(&version));
    cr_expect_eq(version, 12040);
    cr_expect_eq(c.cudaGetDeviceCount(&count), cudaErrorInsufficientDriver);
    cr_expect_eq(count, 0);
}

/* A kernel of a test: *to = 2 *from + 1. */
struct step {
    const float *from;
    float *to;
    int *dropped;
};
static void step_run(void *closure)
{
    const struct step *s = closure;
    *s->to = 2 * *s->from + 1;
}
static void step_drop(void *closure)
{
    ++*((struct step *)closure)->dropped;
}

Test(fakes, a_graph_repeats_what_was_captured)
{
    struct cuda c = fakes_open(NULL, NULL);
    cudaStream_t s = stream_of(&c, cudaStreamNonBlocking);
    float *x, *y, host = 5, back = 0;
    int dropped = 0;
    x = fakes_upload(&c, &host, sizeof host);
    y = fakes_upload(&c, &host, sizeof host);
    struct step one = {x, y, &dropped};
    cudaGraph_t graph;
    cudaGraphExec_t exec;
    size_t nodes = 0;

    cr_assert(!c.cudaStreamBeginCapture(s, cudaStreamCaptureModeThreadLocal));
    cr_assert(!c.cudaMemcpyAsync(x, &host, sizeof host, cudaMemcpyHostToDevice, s));
    cr_assert(!c.fake_launch(s, "step", step_run, &one, step_drop));
    cr_assert(!c.cudaMemcpyAsync(&back, y, sizeof back, cudaMemcpyDeviceToHost, s));
    cr_assert(!c.cudaMemsetAsync(x, 0, sizeof host, s));
    cr_assert(!c.cudaStreamEndCapture(s, &graph));
    cr_expect(back == 0 && *y == 5, "nothing ran");
    cr_assert(!c.cudaGraphGetNodes(graph, NULL, &nodes));
    cr_expect_eq(nodes, 4);
    cr_assert(!c.cudaGraphInstantiate(&exec, graph, 0));
    cr_assert(!c.cudaGraphDestroy(graph));
    cr_expect_eq(dropped, 0, "the executable graph still needs it");
    for (int i = 0; i < 3; i++) {
        host = (float)i;
        cr_assert(!c.cudaGraphLaunch(exec, s) && !c.cudaStreamSynchronize(s));
        cr_expect(back == 2 * (float)i + 1 && *x == 0, "run %d: %g", i, (double)back);
    }
    cr_assert(!c.cudaFree(x));
    cr_expect(!c.cudaGraphLaunch(exec, s) && c.cudaStreamSynchronize(s) == cudaErrorIllegalAddress,
              "its memory is gone");
    cr_expect_eq(c.cudaMalloc((void **)&x, 4), cudaErrorIllegalAddress, "and everything fails");
    c.cudaFree(y);
    c.cudaGraphExecDestroy(exec);
    c.cudaStreamDestroy(s);
    cr_expect_eq(dropped, 1);
}

Test(fakes, captured_streams_have_to_join)
{
    struct cuda c = fakes_open(NULL, NULL);
    cudaStream_t a = stream_of(&c, cudaStreamNonBlocking), b = stream_of(&c, cudaStreamNonBlocking);
    cudaEvent_t fork, join;
    cudaGraph_t graph;
    void *x = fakes_upload(&c, NULL, 16);
    size_t nodes = 0;
    cr_assert(!c.cudaEventCreate(&fork) && !c.cudaEventCreate(&join));
    for (int joins = 0; joins < 2; joins++) {
        cr_assert(!c.cudaStreamBeginCapture(a, cudaStreamCaptureModeThreadLocal));
        cr_assert(!c.cudaEventRecord(fork, a) && !c.cudaStreamWaitEvent(b, fork, 0));
        cr_assert(!c.cudaMemsetAsync(x, 1, 16, b) && !c.cudaEventRecord(join, b));
        if (joins)
            cr_assert(!c.cudaStreamWaitEvent(a, join, 0));
        cr_expect_eq(c.cudaStreamEndCapture(a, &graph), joins ? cudaSuccess : cudaErrorStreamCaptureUnjoined);
        cr_expect_eq(graph == NULL, !joins);
    }
    cr_assert(!c.cudaGraphGetNodes(graph, NULL, &nodes));
    cr_expect_eq(nodes, 1);
    cr_expect_eq(c.cudaEventQuery(join), cudaErrorCapturedEvent);
    cr_assert(!c.cudaGraphDestroy(graph) && !c.cudaEventDestroy(fork) && !c.cudaEventDestroy(join));
    cr_assert(!c.cudaStreamDestroy(a) && !c.cudaStreamDestroy(b) && !c.cudaFree(x));
}

/* What a capture may not see: each call, by mode, and whether the capture survives it. */
static cudaError_t allocate(const struct cuda *c, cudaStream_t s, cudaEvent_t e, void *x)
{
    void *more;
    (void)s, (void)e, (void)x;
    cudaError_t code = c->cudaMalloc(&more, 64);
    if (!code)
        c->cudaFree(more);
    return code;
}
static cudaError_t synchronize(const struct cuda *c, cudaStream_t s, cudaEvent_t e, void *x)
{
    (void)e, (void)x;
    return c->cudaStreamSynchronize(s);
}
static cudaError_t copy(const struct cuda *c, cudaStream_t s, cudaEvent_t e, void *x)
{
    float y;
    (void)s, (void)e;
    return c->cudaMemcpy(&y, x, sizeof y, cudaMemcpyDeviceToHost);
}
static cudaError_t query(const struct cuda *c, cudaStream_t s, cudaEvent_t e, void *x)
{
    (void)x;
    cr_assert(!c->cudaEventRecord(e, s));
    return c->cudaEventQuery(e);
}
static cudaError_t wait_for_all(const struct cuda *c, cudaStream_t s, cudaEvent_t e, void *x)
{
    (void)s, (void)e, (void)x;
    return c->cudaDeviceSynchronize();
}
static cudaError_t status(const struct cuda *c, cudaStream_t s, cudaEvent_t e, void *x)
{
    enum cudaStreamCaptureStatus is;
    (void)e, (void)x;
    cr_assert(!c->cudaStreamIsCapturing(s, &is));
    cr_expect_eq(is, cudaStreamCaptureStatusActive);
    return cudaSuccess;
}

Test(fakes, a_capture_is_spoiled_by_what_is_forbidden)
{
    static const struct {
        const char *name;
        cudaError_t (*call)(const struct cuda *c, cudaStream_t s, cudaEvent_t e, void *x);
        cudaError_t code[2]; /* thread-local, relaxed */
    } rows[] = {
        {"cudaMalloc", allocate, {cudaErrorStreamCaptureUnsupported, cudaSuccess}},
        {"cudaStreamSynchronize", synchronize, {cudaErrorStreamCaptureUnsupported, cudaErrorStreamCaptureUnsupported}},
        {"cudaMemcpy", copy, {cudaErrorStreamCaptureUnsupported, cudaErrorStreamCaptureImplicit}},
        {"cudaEventQuery", query, {cudaErrorCapturedEvent, cudaErrorCapturedEvent}},
        {"cudaDeviceSynchronize", wait_for_all, {cudaErrorStreamCaptureUnsupported, cudaErrorStreamCaptureUnsupported}},
        {"cudaStreamIsCapturing", status, {cudaSuccess, cudaSuccess}},
    };
    static const enum cudaStreamCaptureMode modes[] = {cudaStreamCaptureModeThreadLocal, cudaStreamCaptureModeRelaxed};
    struct cuda c = fakes_open(NULL, NULL);
    cudaStream_t s = stream_of(&c, cudaStreamDefault);
    void *x = fakes_upload(&c, NULL, 64);
    cudaEvent_t e;
    cr_assert(!c.cudaEventCreate(&e));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int m = 0; m < 2; m++) {
            cudaError_t expected = rows[i].code[m];
            cudaGraph_t graph;
            cr_assert(!c.cudaStreamBeginCapture(s, modes[m]));
            cudaError_t got = rows[i].call(&c, s, e, x);
            cr_expect_eq(got, expected, "%s, mode %d: %s", rows[i].name, m, c.cudaGetErrorName(got));
            cr_expect_eq(c.cudaMemsetAsync(x, 0, 64, s), expected ? cudaErrorStreamCaptureInvalidated : cudaSuccess);
            got = c.cudaStreamEndCapture(s, &graph);
            cr_expect_eq(got, expected ? cudaErrorStreamCaptureInvalidated : cudaSuccess, "%s, mode %d", rows[i].name,
                         m);
            if (graph)
                cr_assert(!c.cudaGraphDestroy(graph));
        }
    cr_expect_eq(c.cudaStreamEndCapture(s, &(cudaGraph_t){0}), cudaErrorIllegalState, "there is none");
    cr_assert(!c.cudaMemset(x, 0, 64) && !c.cudaDeviceSynchronize(), "afterwards all is well");
    cr_assert(!c.cudaEventDestroy(e) && !c.cudaStreamDestroy(s) && !c.cudaFree(x));
}

Test(fakes, events_have_times)
{
    struct cuda c = fakes_open(NULL, NULL);
    cudaEvent_t a, b;
    float ms = -1;
    cr_assert(!c.cudaEventCreate(&a) && !c.cudaEventCreate(&b));
    cr_expect_eq(c.cudaEventElapsedTime(&ms, a, b), cudaErrorInvalidResourceHandle, "not recorded");
    cr_assert(!c.cudaEventRecord(a, 0) && !c.cudaEventRecord(b, 0) && !c.cudaEventSynchronize(b));
    cr_assert(!c.cudaEventElapsedTime(&ms, a, b));
    cr_expect(ms >= 0 && ms < 10000);
    cr_assert(!c.cudaEventDestroy(a) && !c.cudaEventDestroy(b));
}

/* Without computing, memory is zero and stays so; copies are made. */
Test(fakes, nothing_needs_to_be_computed)
{
    struct cuda c = fakes_open("SDBENCH_FAKE_COMPUTE", "0", NULL);
    float *x, *y, host = 5;
    int dropped = 0;
    x = fakes_upload(&c, &host, sizeof host);
    y = fakes_upload(&c, NULL, sizeof host);
    struct step one = {x, y, &dropped};
    cr_assert(!c.fake_launch(0, "step", step_run, &one, step_drop));
    cr_expect(*x == 5 && *y == 0 && dropped == 1);
    cr_assert(!c.cudaFree(x) && !c.cudaFree(y));
}
#else
extern int fakes_need_a_toolkit;
#endif
