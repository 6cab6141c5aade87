/* What `generate` is asked for: a picture a request. */
#ifndef SDBENCH_BENCH_GENERATE_REQUESTS_H
#define SDBENCH_BENCH_GENERATE_REQUESTS_H

#include "bench/options.h"
#include "pipeline/base/arena.h"

struct requests {
    struct sd_request *request; /* owned, with all that it points to but the options' texts */
    int count;
    float *noise;
    struct arena texts;
};

/* From PROMPT or --prompts, --images, --seed, --negative, --noise. Everything that can be known to be wrong before
 * gigabytes are loaded is an error here, prompts that are too long included. */
struct err requests_make(const struct options *o, struct requests *out);
void requests_free(struct requests *r);

#endif
