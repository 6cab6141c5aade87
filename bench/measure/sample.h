/* One sample: a start of a pipeline, cold or warm, with all that is known of it. */
#ifndef SDBENCH_BENCH_MEASURE_SAMPLE_H
#define SDBENCH_BENCH_MEASURE_SAMPLE_H

#include "bench/measure/conditions.h"
#include "bench/state/state.h"
#include "bench/usage.h"
#include "pipeline/base/phase.h"
#include "profiler/sensors/summary.h"

/* "disturbed": something else was going on, the time may be too long; it is kept in every figure. "invalid": it is not
 * what it says that it is, and no figure takes it in. */
enum validity { SAMPLE_VALID, SAMPLE_DISTURBED, SAMPLE_INVALID };
extern const char *const validity_names[];

struct sample {
    const struct state_row *state;
    int process;  /* of the run, from 0, in the order of measuring; states of one process share it */
    int round;    /* a pair of passes, one the mirror of the other; -1: the burn-in, which no figure takes in */
    bool warm_up; /* before the process had settled: no figure takes it in */
    struct usage begin, end; /* a cold one begins where its process does */
    int64_t write_ns;        /* of writing the first picture: the end of a cold start, behind a warm one */
    struct phase_time phase[PHASE_COUNT];
    int64_t unaccounted_ns; /* in no phase: with it the phases add up to the time */
    struct conditions before, after;
    struct sensor_summary sensors;
    uint64_t peak_resident_bytes, pixels_hash, latents_hash, choice_hash;
    struct state_evidence evidence;
    bool settled; /* W1: its process had settled, or nobody asked */
    enum validity validity;
    char reason[256];
};

bool sample_is_cold(const struct sample *s); /* its time ends with a picture on disk */

/* As it was measured: a cold start with the write, a warm one without; and both the other way round. */
int64_t sample_time_ns(const struct sample *s);
int64_t sample_with_write_ns(const struct sample *s);
int64_t sample_without_write_ns(const struct sample *s);

/* Makes it worse, never better; the first reason of the worst kind stays. */
__attribute__((format(printf, 3, 4))) void sample_judge(struct sample *s, enum validity v, const char *format, ...);

/* From a child's line (bench/generate/report.h). Its state is left to the caller. */
void sample_read(struct sample *s, const cJSON *report);

#endif
