/* Records: one JSON object a line, each with schema, kind, run, variant, backend, workload; units in the names. Kinds:
 * environment (once), plan, sample, phase, equivalence. A field that is not known is left out.
 *
 * A sample's validity is "valid", or "disturbed" with a reason: others used too much of the machine meanwhile
 * (foreign.h). Either foreign_share tells how much, 0 to 1, or foreign_share_unknown why that is not known; records of
 * before have others_ratio in its place, and all their samples are "valid". */
#ifndef SDBENCH_BENCH_MEASURE_RECORD_H
#define SDBENCH_BENCH_MEASURE_RECORD_H

#include "bench/measure/result.h"

enum { RECORD_SCHEMA = 1 };

/* Writes all records of a run to `path`, whole or not at all. */
struct err records_write(const struct bench_result *r, const char *path);

#endif
