/* Pictures from the command line's options: what verb_generate.c makes, and samples.c is timed making. */
#ifndef SDBENCH_BENCH_GENERATE_GENERATION_H
#define SDBENCH_BENCH_GENERATE_GENERATION_H

#include "bench/generate/requests.h"
#include "bench/progress.h"
#include "pipeline/base/phase.h"

struct generation {
    const struct options *o;
    struct requests requests;
    struct progress progress;
    struct sd *sd;
    struct sd_images images;
    struct traced *traced; /* NULL: nothing is */
    struct phase_clock clock; /* of the cold start: from main to the first picture on disk, or to all files */
};

struct err generation_open(struct generation *g);

/* Replaces g->images. The first runs of a timed process take the first prompt in place of their own. */
struct err generation_run(struct generation *g, bool first);

/* All files; or the first picture alone. */
struct err generation_write(const struct generation *g, bool all);

/* For `bench` and `gate`: the cold start that began with the program, then what --then says; each is reported. */
struct err generation_samples(struct generation *g);

/* For them, too: opens the backend, and reports what it is. */
struct err generation_probe(const struct options *o);

#endif
