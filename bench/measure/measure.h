/* The protocol of `bench`: samples of each variant in each state of its schedule.
 *
 * A sample is a fresh process, or the rest of one: a process of state C2 goes on with its warm samples, and with those
 * of the states that need a live process. Passes over all variants and states come in mirrored pairs (schedule.h). Each
 * sample is judged (validity.h) and recorded as it comes. A process leaves its pictures and latents
 * ("<variant>.safetensors") in the run's folder. */
#ifndef SDBENCH_BENCH_MEASURE_MEASURE_H
#define SDBENCH_BENCH_MEASURE_MEASURE_H

#include "bench/measure/lock.h"
#include "bench/measure/result.h"
#include "bench/record/folder.h"
#include "bench/state/driver.h"
#include "bench/state/state.h"

/* What a run stands on. */
struct bench_run {
    struct bench_result *result;
    struct run_folder *folder;
    struct progress *progress;
    struct lock lock;
    struct state_subject subject; /* weights, caches; its libraries are those of the variant at hand */
    char *weights;                /* the checkpoint: a file or folder */
    char *plan_folder, *jit_folder;
    struct driver driver;    /* of a GPU, kept initialised */
    struct sensors *sensors; /* of what is measured; NULL before bench_sense */
    struct err (*profile)(void *context, struct variant_result *v, const cJSON *record); /* of a process; may be NULL */
    void *profile_context;
};

/* Before anything else of a run; bench_run_free ends it, also after an error. */
struct err bench_run_begin(struct bench_run *run);

/* The checkpoint, made where it is synthetic and missing, and the caches; once it is known what the backend keeps. */
struct err bench_find_files(struct bench_run *run);

/* Opens the sensors of what the backend computes on; once that is known. */
struct err bench_sense(struct bench_run *run);

/* Looks at each variant in a process of its own: whether this machine can run it, and which files it maps. Makes the
 * checkpoint where it is synthetic and missing. ERR_ABSENT where no variant can run. */
struct err bench_prepare(struct bench_run *run);
void bench_run_free(struct bench_run *run);

struct err bench_measure(struct bench_run *run);

/* One process: its cold start in a state of its own, and what it does behind it (bench/generate/series.h). Its index in
 * the run is result->processes before the call. A variant that turns out not to run here becomes a row with the reason
 * where others are left. */
struct err bench_measure_process(struct bench_run *run, struct variant_result *v, enum state_id state, int round,
                                 const char *then);

#endif
