/* The article's table, ours, with the phases of the cold start under it. */
#ifndef SDBENCH_BENCH_MEASURE_TABLE_H
#define SDBENCH_BENCH_MEASURE_TABLE_H

#include "bench/measure/foreign.h"
#include "bench/measure/result.h"
#include "bench/statistics/summary.h"
#include "pipeline/base/text.h"

#include <cjson/cJSON.h>

/* One row's figures, as printed and as JSON. */
struct table_row {
    struct summary cold, warm; /* nanoseconds */
    struct foreign_summary cold_foreign, warm_foreign;
    double speed_up; /* of the warm medians, against standard; 0 where there is no standard */
};
struct err table_row_of(const struct bench_result *r, const struct variant_result *v, struct table_row *out);

/* "Stable Diffusion v1.4, 3 images 512x512, 50 steps, ... · device · synthetic weights" */
void table_title(const struct bench_result *r, struct text *out);

/* What a reader should know before believing the figures, a line each; nothing where there is nothing. */
void table_notes(const struct bench_result *r, struct text *out);

/* A line, with "! " before it, for each start of a variant that others disturbed; under the rows that it is about. */
void table_marks(const struct bench_result *r, struct text *out);

/* A line where samples could not be judged. */
void table_note_unjudged(const struct bench_result *r, struct text *out);

struct err table_print(const struct bench_result *r);
struct err table_json(const struct bench_result *r, cJSON *out);

/* Rows are variants, columns the phases of the median cold start and the peak of resident memory. */
void table_print_phases(const struct bench_result *r);

#endif
