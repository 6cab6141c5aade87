/* The command line: options of all verbs, from one table. */
#ifndef SDBENCH_BENCH_OPTIONS_H
#define SDBENCH_BENCH_OPTIONS_H

#include "pipeline/engine.h"
#include "pipeline/request.h"
#include "pipeline/stable_diffusion.h"

/* Who takes an option. A verb has the bits of all groups of options that it takes. */
enum verb_bit {
    ONE = 1,     /* generate: one variant, pictures out */
    MANY = 2,    /* bench: several variants */
    CHECKS = 4,  /* verify */
    PLANS = 8,   /* plan */
    FILES = 16,  /* weights */
    WRITES = 32, /* weights make, convert */
    TOKENS = 64, /* tokenize */
    LISTS = 128, /* list, doctor */
    HIDDEN = 256, /* of generate, for bench; not in the help */
    FINDS = 512,  /* doctor */
    GATES = 1024, /* gate */
    COMPARES = 2048, /* compare */
    PROFILES = 4096, /* profile */
    RUNS = ONE | MANY | CHECKS | GATES | PROFILES,
    MAKES = ONE | MANY | GATES | PROFILES,
    EVERY = 255 | GATES | COMPARES | PROFILES,
};

enum option_id {
#define OPTION(name, key, value, field, type, low, high, verbs, help) OPTION_##field,
#include "bench/options.def"
#undef OPTION
    OPTION_COUNT
};

struct options {
    const char *backend, *variant, *variants, *without, *with, *model, *preset, *sampler, *negative, *workload, *states, *then, *base, *blessed;
    const char *trace, *trace_file, *by, *runs;
    const char *device, *cuda_libs, *plan, *save_plan;
    const char *output, *grid, *prompts, *first_prompt, *noise, *save_latents, *write, *out, *layout, *dtype, *graph;
    uint64_t weights_seed, seed, order_seed;
    int steps, images, batch, threads, samples, phases, rounds, sessions, top, repetitions, trace_steps;
    struct {
        int width, height;
    } size;
    double guidance, tune_seconds, precision, seconds, slow_down, idle, margin, least_ms, canary, confirm_after;
    bool cost, memory, cores, dot, json, quiet, force, probe, calibrate, counters, bless;
    bool given[OPTION_COUNT]; /* which ones the user gave */
    char **argument;          /* what is no option */
    int arguments;
    bool answered; /* --help, --usage or --version was asked for and printed: there is nothing to run */
};

struct verb {
    const char *name;
    unsigned takes; /* enum verb_bit */
    struct err (*run)(const struct options *o);
    const char *arguments, *summary, *example;
};
extern const struct verb verbs[]; /* ends with a NULL name */

/* Parses argv[1..] (argv[0] is the verb, NULL follows the last). Options may be written up to where they are unique, with
 * their value behind "=" or as the next word, before or behind arguments; "--" ends them. An error is one line. */
struct err options_parse(const struct verb *v, int argc, char **argv, struct options *out);

/* The pipeline's options out of the command line's. */
struct sd_options options_pipeline(const struct options *o);
struct engine_options options_engine(const struct options *o);

/* Makes --cuda-libs the first folder of SDBENCH_CUDA, which backends read and processes that are started inherit. */
struct err options_export(const struct options *o);

#endif
