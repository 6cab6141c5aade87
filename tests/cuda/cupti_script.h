/* CUPTI's functions as a table that notes who is called, and refuses what a test says. */
#ifndef SDBENCH_TESTS_CUDA_CUPTI_SCRIPT_H
#define SDBENCH_TESTS_CUDA_CUPTI_SCRIPT_H

#include "pipeline/base/text.h"
#include "profiler/cupti/calls.h"

struct script {
    struct text calls;  /* names, with what matters of their arguments, with spaces between */
    const char *refuse; /* the call of that text, "ActivityEnable:10"; NULL: none */
    CUptiResult result; /* that it gives */
    const char *taken;  /* by whom, for Subscribe_v2 */
    int enabled, subscribed;
    size_t dropped; /* of the next buffer that comes back */
    CUpti_BuffersCallbackRequestFunc request;
    CUpti_BuffersCallbackCompleteFunc complete;
    CUpti_TimestampCallbackFunc time;
};
extern struct script script;

void script_table(struct cupti *out);

/* A graph's node whose id is that number. */
CUgraphNode script_node(uintptr_t id);

#endif
