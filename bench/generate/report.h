/* What `generate --phases FD` tells the process that started it, one JSON object a line:
 *
 *     {"progress": what, "done": n, "total": n}                                  now and then (bench/progress.c)
 *     {"pipeline": {backend, variant, description, graph_hash, ...}}             once, after the first pictures
 *     {"sample": "cold", "main_ns": t, "begin": usage, "end": usage, "phases": [{name, begin_ns, end_ns}], ...}
 *     {"sample": "warm", ...}                                                    for each repetition
 *     {"error": text, "code": n}                                                 instead, where it fails
 *
 * Times are of pipeline/base/clock.h, which all processes share. A cold sample ends with the first picture on disk and
 * begins in the parent: its "begin" is that of main. */
#ifndef SDBENCH_BENCH_GENERATE_REPORT_H
#define SDBENCH_BENCH_GENERATE_REPORT_H

#include "bench/usage.h"
#include "pipeline/stable_diffusion.h"

#include <cjson/cJSON.h>

struct sample_report {
    bool cold;
    struct usage begin, end;
    int64_t write_ns; /* where the first picture began to be written; cold only */
    const struct sd_images *images;
};
struct err report_sample(int fd, const struct sd *sd, const struct sample_report *r);

struct err report_pipeline(int fd, const struct sd *sd);
void report_error(int fd, struct err e);

/* Name, begin, end and time of each phase from begin_ns on. */
cJSON *report_phases(const struct sd *sd, int64_t begin_ns);

#endif
