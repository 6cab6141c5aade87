/* What the variants made, side by side: how far each is from variant standard, and all pictures on one sheet. */
#ifndef SDBENCH_BENCH_MEASURE_PICTURES_H
#define SDBENCH_BENCH_MEASURE_PICTURES_H

#include "bench/measure/result.h"
#include "bench/record/folder.h"

/* Fills `error` of each variant from the files in the run's folder, and writes contact-sheet.png there: a row a
 * variant that ran, a column an image. A backend that computes nothing has neither. */
struct err pictures_compare(struct bench_result *r, struct run_folder *f);

#endif
