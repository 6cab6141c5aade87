/* What `generate --phases FD` tells the process that started it, one JSON object a line:
 *
 *     {"progress": what, "done": n, "total": n}                                  now and then (bench/progress.c)
 *     {"pipeline": {backend, variant, description, graph_hash, ...}}             once, after the first pictures
 *     {"sample": "cold", "begin": usage, "end": usage, "phases": [...], "unaccounted_ns": n, ...}
 *     {"sample": "warm", ...}                                                    for each repetition
 *     {"error": text, "code": n}                                                 instead, where it fails
 *
 * Phases are those of pipeline/base/phases.def that were entered, in its order: {name, begin_ns, time_ns, entries},
 * with bytes, and major_faults and minor_faults, where these are counted. With unaccounted_ns their times add up to the
 * end minus the beginning, exactly.
 *
 * Times are of pipeline/base/clock.h, which all processes share. A cold sample ends with the first picture on disk and
 * begins in the parent: its "begin" is that of main. */
#ifndef SDBENCH_BENCH_GENERATE_REPORT_H
#define SDBENCH_BENCH_GENERATE_REPORT_H

#include "bench/usage.h"
#include "pipeline/base/phase.h"
#include "pipeline/stable_diffusion.h"

#include <cjson/cJSON.h>

struct sample_report {
    bool cold;
    struct usage begin, end;
    struct phase_clock clock; /* from begin to end */
    const struct sd_images *images;
};
struct err report_sample(int fd, const struct sample_report *r);

struct err report_pipeline(int fd, const struct sd *sd);
void report_error(int fd, struct err e);

/* Adds "phases" and "unaccounted_ns", as above. */
void report_phases(cJSON *to, const struct phase_clock *clock);

#endif
