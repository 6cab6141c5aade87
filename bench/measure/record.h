/* Records: one JSON object a line, each with schema, kind, run, variant, backend, workload; units in the names. Kinds:
 * environment (once), plan, sample, phase, equivalence. A field that is not known is left out. */
#ifndef SDBENCH_BENCH_MEASURE_RECORD_H
#define SDBENCH_BENCH_MEASURE_RECORD_H

#include "bench/measure/result.h"

enum { RECORD_SCHEMA = 1 };

/* Writes all records of a run to `path`, whole or not at all. */
struct err records_write(const struct bench_result *r, const char *path);

#endif
