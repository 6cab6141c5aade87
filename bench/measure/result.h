/* What a run of `bench` measured, as far as its tables need it; its records hold everything. */
#ifndef SDBENCH_BENCH_MEASURE_RESULT_H
#define SDBENCH_BENCH_MEASURE_RESULT_H

#include "bench/measure/process.h"
#include "bench/measure/schedule.h"
#include "bench/measure/sensed.h"
#include "bench/statistics/summary.h"

/* What is kept of a sample: little, since there may be very many. */
struct kept_sample {
    enum state_id state;
    int process, round;
    float clock_hz; /* the median; NAN where it is not known */
    int64_t time_ns, write_ns;
    enum validity validity;
    bool judged; /* whether others' load is known */
    float foreign_share;
    int start; /* index of its start_details; -1 where it has none */
};

/* Of one that ends with a picture on disk. */
struct start_details {
    struct phase_time phase[PHASE_COUNT];
    int64_t time_ns, unaccounted_ns, begin_ns;
    struct state_evidence evidence;
};

/* What the pictures of a plan must be: the first sample's hashes decide for all that follow. */
struct expected_output {
    uint64_t choice_hash, pixels_hash, latents_hash;
    bool cold; /* of the prompt before the timed ones */
};

/* How far the last warm pictures are from those of variant standard. */
struct variant_error {
    bool known, equal; /* equal: the same latents and pixels, bit by bit */
    double latent_l2;  /* relative */
    double psnr_db;    /* over all pixels; INFINITY where they are equal */
    double share;      /* of pixel values that differ */
    int largest;       /* difference of a pixel value */
};

struct variant_result {
    const struct variant *variant;
    const char *side;             /* of a comparison; NULL where there is none */
    const char *program;          /* that is measured; NULL: this one */
    const char *plan, *save_plan; /* choices to take, and where to write those made; NULL: the command line's */
    double slow_down;             /* a canary, 0.1 for 10 % */
    char *absent;                 /* why this machine cannot run it, or not this job; NULL where it can */
    struct kept_sample *sample;
    int samples, room, invalid, unsettled, last_invalid; /* last_invalid: process of the last invalid one, from 1 */
    char *invalid_reason[STATE_COUNT], *disturbed_reason[STATE_COUNT]; /* the first of each state */
    struct start_details *start;
    int starts;
    struct expected_output *expected;
    int outputs;
    bool told; /* the facts are there */
    struct pipeline_facts facts;
    int64_t burn_in_ns; /* of its last warm sample that no figure takes in */
    struct variant_error error;
    struct variant_sensed sensed;
    uint64_t peak_bytes;
    struct file_list mapped; /* files that its processes map, sorted */
    int processes;           /* with a cold start of C2 that count */
};

struct bench_result {
    struct job job;
    struct schedule schedule;
    struct variant_result variant[MAX_VARIANTS];
    int variants, processes;         /* that were begun */
    char left_out[STATE_COUNT][128]; /* why a state of the schedule is not measured; "" */
    char *stopped;                   /* why fewer were begun than the schedule has; NULL */
    int64_t harness_ns;              /* what it costs in a warm run; 0 where it was not measured */
    int harness_pairs;
    char *sensors_unknown; /* what sensors do not tell here, and why; NULL: they tell all */
    char folder[4096];
};
void bench_result_free(struct bench_result *r);

/* Takes what is needed of a sample that counts, or is invalid. */
struct err variant_result_keep(struct variant_result *v, const struct sample *s);

/* The row that the others are compared with; NULL where it is not there. */
const struct variant_result *bench_result_standard(const struct bench_result *r);

/* Which time of a sample. */
enum which_time { AS_MEASURED, WITH_WRITE, WITHOUT_WRITE };

/* Of the valid samples of a state, in the order of measuring: malloc'ed, *n of them, nanoseconds. W1: the medians of
 * the processes, which are what repeats; samples inside one are not independent. *rounds, unless NULL, are theirs. */
double *variant_values(const struct variant_result *v, enum state_id state, enum which_time which, int *n,
                       int **rounds);

struct err variant_summary(const struct variant_result *v, enum state_id state, enum which_time which,
                           struct summary *out);

/* The start of a state whose time is the median, or next below; NULL where there is none. */
const struct start_details *variant_median_start(const struct variant_result *v, enum state_id state);

/* The median of a process' settled samples; NAN where one of them is missing or invalid. */
double variant_process_median_ns(const struct variant_result *v, int process, int samples);

/* Samples of a state that were disturbed, and how many are valid or disturbed. */
int variant_count(const struct variant_result *v, enum state_id state, int *disturbed);

#endif
