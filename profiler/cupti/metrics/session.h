/* Metrics by CUPTI's range profiler: ranges that the user names, each run once. */
#ifndef SDBENCH_CUPTI_METRICS_SESSION_H
#define SDBENCH_CUPTI_METRICS_SESSION_H

#include "profiler/cupti/library.h"
#include "profiler/metrics/metrics.h"

/* metrics_cupti's open, on other libraries than the system's. */
struct err metrics_session_open(const struct library *driver, const struct library *cupti,
                                struct metrics_session **out);

/* Ranges that are read from the device at once: their counters fill a buffer of it. */
enum { METRICS_RANGES_A_BATCH = 256 };

extern const struct metrics_profiler metrics_cupti;

#endif
