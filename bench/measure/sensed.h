/* What sensors told of a variant's processes, as far as tables and comparisons need it; records hold all of it. */
#ifndef SDBENCH_BENCH_MEASURE_SENSED_H
#define SDBENCH_BENCH_MEASURE_SENSED_H

#include "bench/measure/sample.h"
#include "bench/rules/arms.h"
#include "pipeline/base/text.h"
#include "profiler/sensors/sensors.h"

/* The settled samples of one process: a span from the first one's begin to the last one's end. With what lies between
 * them (pictures are written), since an energy counter is too coarse for one sample. Zeroed at first. */
struct warm_span {
    int64_t begin_ns, end_ns;
    int samples;
};
void warm_span_add(struct warm_span *w, const struct sample *s);

/* Of all its processes. Zeroed at first. */
struct variant_sensed {
    double energy_mj;        /* of processes whose energy is known, over their settled samples */
    int64_t energy_images;   /* made meanwhile */
    int energy_processes;    /* how many */
    char energy_unknown[96]; /* why it is not, of the first process without */
    struct arm arm;          /* of warm samples */
    double clock_hz_sum;     /* of warm samples, their medians */
    int clocks;
    int on_gpu, others_unknown; /* samples, and of how many it is not known whether others used the device */
};
void sensed_sample(struct variant_sensed *v, const struct sample *s); /* one that counts */
void sensed_process(struct variant_sensed *v, const struct sensor_summary *s, int64_t images);

/* NAN where they are not known: energy an image; the mean of the samples' median clocks. */
double sensed_image_mj(const struct variant_sensed *v);
double sensed_clock_hz(const struct variant_sensed *v);

#endif
