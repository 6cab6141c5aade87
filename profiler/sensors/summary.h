/* What readings say of a span of time. Pure: whoever calls it has the readings.
 *
 * Counters (energy, time with throttled clocks) are told at both ends by a straight line between the readings around
 * them; without a reading near an end they are not known. Where a reason has no counter, or one that stands, its share
 * is that of readings that saw it, or without a counter and a reading what the last one before saw. Medians, means and
 * extremes are of the readings inside. */
#ifndef SDBENCH_PROFILER_SENSORS_SUMMARY_H
#define SDBENCH_PROFILER_SENSORS_SUMMARY_H

#include "profiler/sensors/reading.h"

/* Energy of a shorter time says little: a device counts it in steps of some 100 ms, and only a part of each (of an A100
 * and an H100 a quarter: arXiv 2312.02741). */
#define ENERGY_SHORTEST_NS INT64_C(10000000000)

struct sensor_summary {
    bool is_gpu;
    int readings; /* inside the window */
    int64_t window_ns;
#define SUMMARY(name) double name;
#include "profiler/sensors/summary.def"
#undef SUMMARY
    double throttle_share[THROTTLES]; /* of the time; NAN: not known */
    char energy_unknown[96];          /* why; "" where it is known */
};

struct sensor_window {
    int64_t begin_ns, end_ns;
    bool is_gpu;
    bool own_seen; /* a process of ours was on the device's list once: the list shows what is here */
};

/* Readings in the order of time. What is before the window (..._before) is left to the caller. */
void sensor_summarise(const struct sensor_reading *r, int n, const struct sensor_window *w, struct sensor_summary *out);

/* All NAN, for this reason. */
void sensor_summary_unknown(struct sensor_summary *out, int64_t window_ns, const char *reason);

/* The time that a reason takes of this window, for a person: "the power cap". */
extern const char *const throttle_words[THROTTLES];

#endif
