/* Sensors of the device that is measured, read now and then by a thread of this process. It is not the measured one:
 * that is a child, which this process waits for anyway, so that reading takes nothing from what is measured.
 *
 *     struct sensors *s = sensors_open(&(struct sensors_options){.device = bus});
 *     sensors_run_begins(s);
 *     ... a child runs; of each span of time that it tells:
 *     struct sensor_summary sum = sensors_window(s, begin_ns, end_ns);
 *     sensors_run_ended(s);
 *     sensors_close(s);
 *
 * Nothing fails: what cannot be read is not known (NAN), and sensors_describe says why. All functions take NULL. */
#ifndef SDBENCH_PROFILER_SENSORS_SENSORS_H
#define SDBENCH_PROFILER_SENSORS_SENSORS_H

#include "profiler/sensors/summary.h"

/* Every 100 ms: a GPU refreshes its power and its energy counter at about this rate, so that more readings would see
 * the same values again, and a sample of an image has ten readings a second. A reading that takes long is followed by a
 * longer pause, of up to a second, so that reading keeps to SENSORS_MOST_SHARE of one processor's time. */
#define SENSORS_INTERVAL_NS INT64_C(100000000)
#define SENSORS_MOST_SHARE  0.02

struct sensors_options {
    const char *device;  /* a GPU, by PCI bus id, UUID or NVML's number; NULL or "": the host's processors */
    const char *root;    /* put before /sys and /proc; NULL but in tests */
    int64_t interval_ns; /* 0: SENSORS_INTERVAL_NS */
};

struct sensors;
struct sensors *sensors_open(const struct sensors_options *o); /* NULL: no memory or no thread was to be had */
void sensors_close(struct sensors *s);

/* Around each child that is measured. What a GPU is used for between two of them, from a second after the end of one
 * on, is the others' (utilisation is a mean of up to a second). Before the first such child it waits for that second,
 * and tells false where it cannot: then what was before it is not known. */
bool sensors_run_begins(struct sensors *s);
void sensors_run_ended(struct sensors *s);

/* What was between two times of pipeline/base/clock.h, the second of which is not in the future. Where no reading is
 * younger than that it takes one, unless the window is shorter than the interval. */
struct sensor_summary sensors_window(struct sensors *s, int64_t begin_ns, int64_t end_ns);

/* Readings between two times, at most so many, the first of them; how many. For the tracks of a trace. */
int sensors_readings(struct sensors *s, int64_t begin_ns, int64_t end_ns, struct sensor_reading *out, int most);

/* What a reading takes of this process' time. */
struct sensors_cost {
    int64_t readings, mean_ns, largest_ns;
};
struct sensors_cost sensors_cost(struct sensors *s);

/* "clock, power, energy", and "temperature (why)"; either may stay empty. */
void sensors_describe(const struct sensors *s, struct text *known, struct text *unknown);
const char *sensors_source(const struct sensors *s); /* "NVML", "host"; "" where nothing can be read */

#endif
