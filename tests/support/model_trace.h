/* A made-up trace of one guided picture of sd14 at 512x512, with the layers, operations and costs of its real graphs:
 * kernels of random times, each with a call of the host, or replayed. */
#ifndef SDBENCH_TESTS_SUPPORT_MODEL_TRACE_H
#define SDBENCH_TESTS_SUPPORT_MODEL_TRACE_H

#include "profiler/trace/trace.h"

struct model_trace {
    struct trace *trace;
    int64_t kernels_a_step;
};

struct model_trace_how {
    int steps, repetitions;
    bool captured; /* the steps are one replay each */
};

struct model_trace model_trace_make(struct model_trace_how how);

#endif
