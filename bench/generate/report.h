/* What `generate --phases FD` tells the process that started it, one JSON object a line:
 *
 *     {"progress": what, "done": n, "total": n}                now and then (bench/progress.c)
 *     {"pipeline": {backend, variant, graph_hash, ...}}        once, after the first pictures
 *     {"mapped": [paths]}                                      the files that the process maps then
 *     {"sample": "cold", "begin": usage, "end": usage, "phases": [...], "unaccounted_ns": n, "before": conditions, ...}
 *     {"sample": "warm-up" or a state's name, ...}             for each that --then asks for
 *     {"harness_ns": n, "pairs": n}                            where it asks for the cost of measuring
 *     {"probe": {backend, computes, ...}}                      instead of all that, for --probe; then "mapped"
 *     {"profile": record}                                      of a traced process (bench/profile/traced.h)
 *     {"error": text, "code": n}                               where it fails
 *
 * Phases are those of pipeline/base/phases.def that were entered, in its order: {name, begin_ns, time_ns, entries},
 * with bytes, and major_faults and minor_faults, where these are counted. With unaccounted_ns their times add up to the
 * end minus the beginning of the sample, exactly.
 *
 * Times are of pipeline/base/clock.h, which all processes share. A cold sample ends with the first picture on disk and
 * begins in the parent: its "begin" is that of main, and has the time alone. */
#ifndef SDBENCH_BENCH_GENERATE_REPORT_H
#define SDBENCH_BENCH_GENERATE_REPORT_H

#include "bench/measure/conditions.h"
#include "bench/usage.h"
#include "pipeline/base/phase.h"
#include "pipeline/engine.h"
#include "pipeline/stable_diffusion.h"

#include <cjson/cJSON.h>

struct sample_report {
    const char *name;
    bool settled;
    struct usage begin, end;
    struct phase_clock clock; /* from begin to end */
    int64_t write_ns;         /* of writing the first picture, in the sample's time or after it */
    struct conditions before, after;
    const struct sd_images *images;
};
struct err report_sample(int fd, const struct sample_report *r);

struct err report_pipeline(int fd, const struct sd *sd);
struct err report_mapped(int fd);
struct err report_cost(int fd, int64_t harness_ns, int pairs);
struct err report_probe(int fd, const struct engine *engine);
void report_error(int fd, struct err e);

/* Sends a line, and deletes it. */
struct err report_send(int fd, cJSON *line);

/* Adds "pixels_hash" and "latents_hash". */
void report_hashes(cJSON *to, const struct sd_images *images);

/* Adds "phases" and "unaccounted_ns", as above. */
void report_phases(cJSON *to, const struct phase_clock *clock);

#endif
