/* What tracing costs: the traced runs of a variant beside untraced ones. */
#ifndef SDBENCH_BENCH_PROFILE_OVERHEAD_H
#define SDBENCH_BENCH_PROFILE_OVERHEAD_H

#include "bench/measure/result.h"

#include <cjson/cJSON.h>

/* Above this share times of single kernels mean something beside each other only. */
#define OVERHEAD_LIMIT 0.05

/* Adds overhead_ratio and relative_only to a record of kind profile, from its traced_ns and timing_ns; where that is
 * empty, from the warm samples of the variant's timing process, which become its timing_ns. Nothing where none is
 * known. Runs of both kinds that took turns in one process are compared in pairs. relative_only follows the cost of
 * telling of a launch where that is known (callback_ns). Also checks that the traced runs made the same pictures, where
 * the record is valid so far. */
void overhead_add(cJSON *record, const struct variant_result *v);

#endif
