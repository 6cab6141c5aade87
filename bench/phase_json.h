/* Phases as JSON, in reports of a process and in records. */
#ifndef SDBENCH_BENCH_PHASE_JSON_H
#define SDBENCH_BENCH_PHASE_JSON_H

#include "pipeline/base/phase.h"

#include <cjson/cJSON.h>

/* Adds "phases": those of PHASE_COUNT that were entered, in the order of phases.def: {name, begin_ns, time_ns,
 * entries}, with bytes, and major_faults and minor_faults, where these are counted; begin_ns is since `since_ns`. And
 * adds "unaccounted_ns". */
void phase_json_add(cJSON *to, const struct phase_time *phase, int64_t since_ns, int64_t unaccounted_ns);

/* Takes them back; *unaccounted_ns too. */
void phase_json_read(const cJSON *from, struct phase_time *phase, int64_t *unaccounted_ns);

#endif
