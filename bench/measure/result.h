/* What a run of `bench` measured: shared by those who measure, compare, record and print. */
#ifndef SDBENCH_BENCH_MEASURE_RESULT_H
#define SDBENCH_BENCH_MEASURE_RESULT_H

#include "bench/usage.h"
#include "bench/workload.h"

enum { MAX_VARIANTS = 16, MAX_SAMPLE_PHASES = 32 };

struct sample_phase {
    char name[32];
    int64_t begin_ns, time_ns; /* of its first entry, and of all its stays */
};

/* One cold or warm start. */
struct sample {
    bool cold;
    int process; /* the how-manieth of its variant, from 0 */
    struct usage begin, end;
    struct sample_phase phase[MAX_SAMPLE_PHASES]; /* in the order of phases.def */
    int phases;
    uint64_t peak_resident_bytes; /* of the process, up to its end */
    uint64_t pixels_hash, latents_hash;
};
int64_t sample_time_ns(const struct sample *s);
int64_t sample_unaccounted_ns(const struct sample *s); /* in no phase */

/* Of one variant, all of one kind, for statistics: malloc'ed, ascending, *n of them. */
struct variant_result;
int64_t *samples_sorted_ns(const struct variant_result *v, bool cold, int *n);

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
    char *absent; /* why this machine cannot run it, or not this job; NULL where it can */
    struct sample *sample;
    int samples;
    char backend[32];
    char *description; /* the backend's line */
    uint64_t graph_hash, choice_hash, weights_bytes, arena_bytes;
    int evaluations;
    struct device_facts device; /* that it ran on; its name is "" where that is the host */
    struct variant_error error;
};

struct bench_result {
    struct workload workload;
    const struct options *options;
    const struct preset *preset;
    struct variant_result variant[MAX_VARIANTS];
    int variants, warm_samples, batch, threads;
    bool synthetic, computes; /* weights; false where the backend's pictures mean nothing */
    double weights_resident;  /* share of the checkpoint that lies in the page cache, 0..1; below 0 where unknown */
    char run[64], folder[4096];
};
void bench_result_free(struct bench_result *r);

/* The row that the others are compared with; NULL where it is not there. */
const struct variant_result *bench_result_standard(const struct bench_result *r);

/* The most memory that one of its processes held. */
uint64_t variant_result_peak_bytes(const struct variant_result *v);

/* Whether all warm pictures of a variant were the same, bit by bit. */
bool variant_result_is_deterministic(const struct variant_result *v);

/* The cold sample in the middle; NULL where there is none. */
const struct sample *variant_result_median_cold(const struct variant_result *v);

#endif
