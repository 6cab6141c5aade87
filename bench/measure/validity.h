/* Whether a sample can be believed: checks, one row each, in the order in which they are asked. */
#ifndef SDBENCH_BENCH_MEASURE_VALIDITY_H
#define SDBENCH_BENCH_MEASURE_VALIDITY_H

#include "bench/measure/sample.h"

/* What the checks know beside the sample. */
struct validity_context {
    const uint64_t *pixels_hash, *latents_hash; /* of its plan's first pictures; NULL where these are the first */
    bool other_run_known, other_run;            /* another timed run of sdbench was on the machine */
};

struct validity_check {
    const char *name, *summary;
    enum validity verdict; /* where it fails */
    bool (*holds)(const struct sample *s, const struct validity_context *c, char reason[256]);
    bool of_device; /* asks the device's sensors alone */
};
extern const struct validity_check validity_checks[]; /* ends with a NULL name */

/* Whether a span of time, whatever was done in it, holds all checks of the device. */
bool validity_of_device(const struct sensor_summary *s, char reason[256]);

/* Judges it by all checks. */
void validity_judge(struct sample *s, const struct validity_context *c);

#endif
