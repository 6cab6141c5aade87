/* Where the times of device work come from, when they do not come from the host's clock: CUPTI.
 *
 * It is opened before anything else of a device is (CUPTI has to be there before the driver starts), told by the
 * tracer on the thread that launches what is being launched, and asked for what it saw at the end. Indices are those
 * of the trace that it was opened with. */
#ifndef SDBENCH_PROFILER_TRACE_SOURCE_H
#define SDBENCH_PROFILER_TRACE_SOURCE_H

#include "pipeline/base/text.h"
#include "profiler/trace/trace.h"

struct trace_source {
    const char *name;
    /* ERR_ABSENT with one line where it cannot be: missing, too old, taken by another profiler, not permitted, no
     * device. */
    struct err (*open)(struct trace *t, void **state);
    void (*describe)(void *state, struct text *out); /* one line: name and versions */
    /* What this thread enqueues or records next is for this launch, or run, of the trace; ends nest. */
    void (*launch_begin)(void *state, int32_t launch);
    void (*launch_end)(void *state, int32_t launch, uint64_t recorded); /* nodes that it added, by capture order; 0 */
    /* Before that end, where they are known: the numbers of those nodes (the runtime's: it need not have told the
     * source of them). NULL: not wanted. */
    void (*launch_nodes)(void *state, const uint64_t *id, uint64_t count);
    void (*run_begin)(void *state, int32_t run);
    void (*run_end)(void *state, int32_t run);
    /* Everything on the device is done: what was seen becomes activities of the trace, with their launches and runs. */
    struct err (*finish)(void *state);
    void (*close)(void *state);
};

#endif
