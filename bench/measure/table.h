/* What a run of `bench` prints: the article's table, ours; all states; where the time of a cold start goes; and what a
 * reader should know before believing any of it. At most 100 columns, but for reasons. */
#ifndef SDBENCH_BENCH_MEASURE_TABLE_H
#define SDBENCH_BENCH_MEASURE_TABLE_H

#include "bench/measure/result.h"
#include "pipeline/base/text.h"

#include <cjson/cJSON.h>

/* One row's figures, as printed and as JSON. */
struct table_row {
    struct summary cold, warm; /* C2 as measured, W1; nanoseconds */
    double speed_up;           /* of the warm medians, against standard; 0 where there is no standard */
};
struct err table_row_of(const struct bench_result *r, const struct variant_result *v, struct table_row *out);

/* "Stable Diffusion v1.4, 3 images 512x512, 50 steps, ... · synthetic weights", and a line of the device. */
void table_title(const struct bench_result *r, struct text *out);

/* A line each; nothing where there is nothing. Marks, with "! " before them, are about starts that were disturbed. */
struct err table_notes(const struct bench_result *r, struct text *out);

/* Part of them: clocks, power cap and energy; once, what sensors do not tell. */
void table_sensed(const struct bench_result *r, struct text *out);

/* All states, a row for each variant in each. */
struct err table_states(const struct bench_result *r, struct text *out);

/* The phases of each variant's cold start in the middle, beside medians and ranges of each phase. */
struct err table_waterfalls(const struct bench_result *r, struct text *out);

struct err table_print(const struct bench_result *r);
struct err table_json(const struct bench_result *r, cJSON *out);

/* ERR_INVALID where a headline (C2, W1), or a state that was asked for by name, has no valid sample. */
struct err table_verdict(const struct bench_result *r);

/* "1.234 s [1.200, 1.300]", with "!" where samples were disturbed; "-" without any. */
enum { CELL_TEXT = 128 };
const char *table_cell(const struct summary *s, int disturbed, char out[CELL_TEXT]);

#endif
