/* A backend that enqueues and records, as one on a device does, and computes with the reference backend. What it is
 * told is noted in a log, a letter a call:
 *
 *     r a run that was enqueued     x one that was executed    c one that was recorded
 *     [ ] begin and end of a recording    R a replay    f a wait    F a recording forgotten    i o copies in and out */
#ifndef SDBENCH_TESTS_RUNTIME_RECORDER_H
#define SDBENCH_TESTS_RUNTIME_RECORDER_H

#include "pipeline/runtime/backend.h"

extern const struct backend backend_recorder;

struct recorder {
    char log[4096];
    size_t length;
    int recordings;                                  /* that are not forgotten yet */
    int fail_begin, fail_end, fail_run, fail_finish; /* the how-manieth call fails, from 1; 0: none does */
    int ids;                                         /* nodes of a recording whose ids are known; 0: of all of them */
    bool recording;
    /* Its own. */
    void *reference;
    struct queued *pending, *recorded;
};

/* One for a test at a time: open returns it. */
extern struct recorder recorder;

#endif
