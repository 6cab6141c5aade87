/* The host's calls of the last while, by correlation: where arrows to kernels begin. Of fixed size: a device runs at
 * most some thousand launches behind the host, so the call of a kernel is among the last. */
#ifndef SDBENCH_PROFILER_EXPORT_RECENT_CALLS_H
#define SDBENCH_PROFILER_EXPORT_RECENT_CALLS_H

#include <stdint.h>

enum { RECENT_CALLS = 1 << 15 };

struct recent_call {
    uint64_t correlation; /* 0: none */
    int64_t begin_ns;
    int track;
};

struct recent_calls {
    struct recent_call slot[RECENT_CALLS];
};

static inline void recent_calls_add(struct recent_calls *r, const struct recent_call *call)
{
    r->slot[call->correlation % RECENT_CALLS] = *call;
}

/* NULL where it is not among them. */
static inline const struct recent_call *recent_calls_find(const struct recent_calls *r, uint64_t correlation)
{
    const struct recent_call *call = &r->slot[correlation % RECENT_CALLS];
    return correlation && call->correlation == correlation ? call : (void *)0;
}

#endif
