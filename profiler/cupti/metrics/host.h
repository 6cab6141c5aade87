/* CUPTI's host API: which of a chip's metrics are ours, and in how many passes. It needs neither driver nor device. */
#ifndef SDBENCH_CUPTI_METRICS_HOST_H
#define SDBENCH_CUPTI_METRICS_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "pipeline/base/text.h"
#include "profiler/cupti/library.h"
#include "profiler/metrics/metrics.h"

struct metrics_host;
struct err metrics_host_open(const struct library *cupti, struct metrics_host **out);
void metrics_host_close(struct metrics_host *h); /* legal on NULL */

/* Chips that this CUPTI knows; its own memory. */
struct err metrics_host_chips(const struct metrics_host *h, const char *const **chip, size_t *chips);

/* What is measured on a chip, in one pass. */
struct metrics_choice {
    enum metric metric[METRIC_COUNT]; /* `count` of them, in the order of the table */
    const char *name[METRIC_COUNT];   /* CUPTI's, one for each of them */
    size_t count, passes;
    unsigned char *config; /* image */
    size_t config_bytes;
    struct text left_out; /* what is not measured, and why: one line; empty where nothing is left out */
    void *object;         /* CUPTI's host object, with these metrics */
};

/* Takes the metrics one by one, as long as one pass does. `availability` is the device's image, NULL: all of the chip's
 * counters. ERR_ABSENT where the chip has none of them. */
struct err metrics_host_choose(const struct metrics_host *h, const char *chip, const uint8_t *availability,
                               struct metrics_choice *out);
void metrics_choice_free(const struct metrics_host *h, struct metrics_choice *c);

/* CUPTI's words for a metric, its own memory; false where the chip has none of that name. */
bool metrics_host_properties(const struct metrics_host *h, void *object, const char *name, const char **description,
                             const char **dimension);

/* Values of range number `range` of a counter data image, scaled to our units: one a metric of the choice. */
struct err metrics_host_evaluate(const struct metrics_host *h, const struct metrics_choice *c, const uint8_t *image,
                                 size_t bytes, size_t range, double *value);

#endif
