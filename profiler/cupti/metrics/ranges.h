/* CUPTI's range profiler: a batch of ranges that the user names, each run once, in one pass. */
#ifndef SDBENCH_CUPTI_METRICS_RANGES_H
#define SDBENCH_CUPTI_METRICS_RANGES_H

#include <cuda.h>
#include <stdbool.h>

#include "profiler/cupti/metrics/host.h"

struct metrics_ranges;

/* Takes the device's counters, for what is chosen: the choice has to stay. `most`: ranges of a batch. */
struct err metrics_ranges_open(const struct library *cupti, CUcontext context, const struct metrics_choice *choice,
                               size_t most, struct metrics_ranges **out);
void metrics_ranges_close(struct metrics_ranges *r); /* legal on NULL, and inside a batch */

/* An empty batch begins. Before that, and after its end, no counter runs. */
struct err metrics_ranges_start(struct metrics_ranges *r);
bool metrics_ranges_started(const struct metrics_ranges *r);

/* CUPTI takes equal names for one range. */
struct err metrics_ranges_push(struct metrics_ranges *r, const char *name);
struct err metrics_ranges_pop(struct metrics_ranges *r);

/* The batch is over, and `expected` ranges are read from the device: ERR_INVALID where they are not there. */
struct err metrics_ranges_stop(struct metrics_ranges *r, size_t expected);

/* Of range number `index` of that batch: the name that it was pushed with (CUPTI's memory), and its values. */
struct err metrics_ranges_name(const struct metrics_ranges *r, size_t index, const char **name);
struct err metrics_ranges_values(const struct metrics_ranges *r, const struct metrics_host *h, size_t index,
                                 double value[METRIC_COUNT]);

#endif
