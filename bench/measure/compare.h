/* What the variants made, side by side: how far each is from variant standard, and all pictures on one sheet. */
#ifndef SDBENCH_BENCH_MEASURE_COMPARE_H
#define SDBENCH_BENCH_MEASURE_COMPARE_H

#include "bench/measure/result.h"
#include "bench/measure/staging.h"

/* Fills `error` of each variant from the files in the staging folder, and writes contact-sheet.png there: a row a
 * variant that ran, a column an image. A backend that computes nothing has neither. */
struct err compare_variants(struct bench_result *r, const struct staging *s);

#endif
