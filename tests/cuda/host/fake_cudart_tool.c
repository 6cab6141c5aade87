/* The tool that looks on, if there is one. */
#include "tests/cuda/host/fake_cudart.h"

#include <stdatomic.h>
#include <stddef.h>

static _Atomic(const struct fake_tool *) attached;
static _Thread_local cudaError_t outcome; /* of the call that goes on */

void fake_attach(const struct fake_tool *tool)
{
    atomic_store(&attached, tool);
}

const struct fake_tool *tool_now(void)
{
    return atomic_load_explicit(&attached, memory_order_acquire);
}

void tool_failure(cudaError_t e)
{
    outcome = e;
}

const char *tool_enter(const char *function)
{
    const struct fake_tool *t = tool_now();
    if (!t)
        return NULL;
    outcome = cudaSuccess;
    t->enter(function);
    return function;
}

void tool_leave(const char **function)
{
    const struct fake_tool *t = *function ? tool_now() : NULL;
    if (t)
        t->leave(*function, outcome);
}

void tool_waited(enum fake_wait kind, uint32_t stream)
{
    const struct fake_tool *t = tool_now();
    if (t)
        t->waited(kind, stream);
}

void work_run(const struct work *w, struct fake_place at)
{
    const struct fake_tool *t = tool_now();
    bool runs = w->what.what != FAKE_KERNEL || settings.computes;
    uint64_t start = t ? t->now() : 0;
    if (runs)
        w->run(w->closure);
    if (t && w->what.what != FAKE_GRAPH)
        t->ran(&w->what, at, start, t->now());
}

cudaError_t fake_usable(void)
{
    if (!settings.driver || settings.devices <= 0)
        return cudaErrorNoDevice;
    return settings.driver / 1000 < CUDART_VERSION / 1000 ? cudaErrorInsufficientDriver : cudaSuccess;
}
