/* The protocol of `bench`: cold and warm samples of each variant.
 *
 * Cold: a fresh process, from exec to the first picture on disk, with the checkpoint in the page cache. Warm: in the
 * last of a variant's processes, behind its cold start, from tokens to pixels on the host, no file. The variants'
 * processes take turns. Each leaves its pictures and latents ("<variant>.safetensors") in the staging folder. */
#ifndef SDBENCH_BENCH_MEASURE_MEASURE_H
#define SDBENCH_BENCH_MEASURE_MEASURE_H

#include "bench/measure/result.h"
#include "bench/measure/staging.h"
#include "bench/progress.h"

/* Which variants this machine can run, and the checkpoint: made where it is synthetic and missing, then read into the
 * page cache. Needs the result's options, workload and variants. ERR_ABSENT where no variant can run. */
struct err measure_prepare(struct bench_result *r, struct progress *p);

struct err measure_run(struct bench_result *r, const struct staging *s, struct progress *p);

/* The names of a variant's files in the staging folder; malloc'ed. */
char *measure_picture_name(const struct bench_result *r, const struct variant_result *v, int image);
char *measure_latent_name(const struct variant_result *v);

#endif
