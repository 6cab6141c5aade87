/* A driver and a CUPTI of our own for a session of metrics: one device, whose counters are made up from a range's
 * number.
 *
 * Each call checks what NVIDIA's headers ask of its caller: sizes of structures, objects, order. What it finds wrong is
 * in fake_metrics.wrong. */
#ifndef SDBENCH_TESTS_FAKE_METRICS_H
#define SDBENCH_TESTS_FAKE_METRICS_H

#include <stdbool.h>

#include "profiler/cupti/library.h"
#include "profiler/metrics/metrics.h"

struct fake_metrics {
    /* What goes wrong, set by a test. */
    const char *failing; /* a call that answers `result` from its occurrence number `after` on */
    int result, after;
    const char *absent;     /* a symbol that is not there */
    const char *without;    /* a metric's name that the chip lacks */
    const char *costly;     /* one that needs a second pass */
    const char *other_unit; /* one that is in furlongs */
    bool no_context, not_whole, no_number;
    size_t dropped, lost, doubled; /* ranges of a batch */
    int unsupported;               /* which flag of cuptiProfilerDeviceSupported, from 1 */

    /* What was seen. */
    char wrong[256]; /* the first offence */
    int objects;     /* host objects that were not freed */
    int waits, batches, ranges;
    bool profiling, enabled, started, in_range; /* CUPTI's own state */
};
extern struct fake_metrics fake_metrics;

/* Everything as new. */
void fake_metrics_reset(void);
struct library fake_metrics_driver(void);
struct library fake_metrics_cupti(void);

/* What range number `range` of a session measures of a metric, in our unit. */
double fake_metrics_value(size_t range, enum metric metric);

#endif
