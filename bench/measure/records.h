/* The records of `bench` and `gate` (bench/record/record.h), beside those that are the same for all.
 *
 * environment: machine and build (bench/record/environment.h), command, job, schedule, and what is planned. plan: what
 * a variant was compiled into; a variant that is not here says why. sample: one start, in a state of
 * bench/state/states.def; its phases, and unaccounted_ns add up to time_ns, which begins
 * where the first phase does; validity is "valid", "disturbed" or "invalid", the last two with a reason. warm_up: the
 * same of runs before a process had settled. sensors: what the settled samples of a process took together, from the
 * begin of the first to the end of the last, and image_energy_mj. equivalence: the last warm pictures of a variant
 * against those of standard. */
#ifndef SDBENCH_BENCH_MEASURE_RECORDS_H
#define SDBENCH_BENCH_MEASURE_RECORDS_H

#include "bench/measure/result.h"
#include "bench/record/folder.h"
#include "bench/state/driver.h"

/* `names` are those of the variants; `weights` is where the checkpoint lies, NULL where that is not known. The caller
 * adds its schedule and what is planned. */
cJSON *record_environment(const struct run_folder *f, const struct job *job, const char *names, const char *weights,
                          const struct driver *driver);
void record_add_planned(cJSON *record, int samples); /* exactly, burn-in too */

cJSON *record_bench(const struct run_folder *f, const struct bench_result *r, const char *weights,
                    const struct driver *driver);
cJSON *record_plan(const struct run_folder *f, const struct bench_result *r, const struct variant_result *v);
cJSON *record_sample(const struct run_folder *f, const struct bench_result *r, const struct variant_result *v,
                     const struct sample *s);

/* NULL where sensors know nothing of it. */
cJSON *record_sensors(const struct run_folder *f, const struct bench_result *r, const struct variant_result *v,
                      const struct sensor_summary *s, int64_t images);
cJSON *record_equivalence(const struct run_folder *f, const struct bench_result *r, const struct variant_result *v);

/* What the samples of a kind have in common, for a record that is no one's above. */
cJSON *record_of(const struct run_folder *f, const struct job *job, const char *kind, const char *variant,
                 const struct pipeline_facts *facts);

#endif
