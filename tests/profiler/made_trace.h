/* A trace that is made up: three repetitions of two plans, one launched and one replayed, all of it valid. */
#ifndef SDBENCH_TESTS_PROFILER_MADE_TRACE_H
#define SDBENCH_TESTS_PROFILER_MADE_TRACE_H

#include "profiler/trace/trace.h"

/* Of each repetition. The text encoder is launched: embedding, gemm. Then the loop's stage run, one gemm, and two of
 * its steps, of these nodes: a memory set, conv, and for the next launch conv and split_sum, and norm, which begins
 * before split_sum ends. Copies in and out are of no run. */
enum {
    MADE_REPETITIONS = 3,
    MADE_SPAN = 4850,
    MADE_NAMED = 3880,
    MADE_COPY = 100,
    MADE_SET = 20,
    MADE_IDLE = 20,
    MADE_GAPS = 830,
    MADE_OVERLAP = 40,
    MADE_STEP_BUSY = 1650,
    MADE_STEP_SPAN = 1660,
    MADE_NODES = 11, /* of the replays */
    MADE_WORK = 15,  /* activities of the device */
};
enum made_launch { MADE_EMBEDDING, MADE_PROJECTION, MADE_KEYS, MADE_CONV1, MADE_CONV2, MADE_NORM };

struct trace *made_trace(void);

/* The nth work (from 0) of that name in a repetition. */
struct activity *made_work(struct trace *t, int32_t repetition, const char *name, int nth);

/* Numbers that look random, the same for a seed: 0 .. below - 1. */
uint32_t made_number(uint64_t *state, uint32_t below);

#endif
