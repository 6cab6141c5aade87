/* A run as its records tell it: what `compare` needs of it. */
#ifndef SDBENCH_BENCH_COMPARE_MEASURED_RUN_H
#define SDBENCH_BENCH_COMPARE_MEASURED_RUN_H

#include "bench/record/read.h"
#include "bench/rules/arms.h"
#include "bench/state/states.h"

enum { MAX_MEASURED = 64, MOST_PROCESSES = 100000 /* of a run, and rounds: a record of a later one is damaged */ };

/* The starts of one state: values in the order of measuring, one a process, with the rounds that they are of. */
struct measured_series {
    double *ns;
    int *process, *round;
    int n, room;
};

/* What sensors told of them, mean over samples: the energy an image is of a process's settled samples together. */
struct measured_sensed {
    struct arm arm;
    double clock_hz_sum, energy_mj_sum;
    int clocks, energies;
};

/* A variant in it; of a gate's folder, one side of it. */
struct measured_variant {
    char name[64], side[16], title[96]; /* "fused", "fused new" */
    char device[128], slice[64], description[256];
    char graph_hash[24], choice_hash[24], latents_hash[24], pixels_hash[24]; /* hashes of its last warm sample */
    struct measured_series state[STATE_COUNT]; /* all samples; measured_medians makes one a process of W1's */
    struct measured_sensed sensed[STATE_COUNT];
    int invalid, disturbed;
};

struct measured_run {
    char run[64], workload[32];
    char *job, *environment; /* as JSON: what was computed; the processor */
    struct measured_variant variant[MAX_MEASURED];
    int variants;
    bool has_profile; /* somewhere in it; bench/profile reads what it holds */
    struct records_summary summary;
};

/* `path` is a run's folder or its records.jsonl. Records of a schema before 2 have no states: an error. */
struct err measured_run_read(const char *path, struct measured_run *out);
void measured_run_free(struct measured_run *r);

/* NULL where it is not there. side may be NULL: that without one. */
const struct measured_variant *measured_find(const struct measured_run *r, const char *variant, const char *side);

#endif
