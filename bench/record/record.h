/* One record: a JSON object on a line of its own, as bench/record/folder.h writes it and bench/record/read.h reads it.
 *
 * Each has schema, kind, run, variant, backend, workload and, since schema 2, time: when it was made, in UTC. Kinds are
 * environment (the first one), plan, sample, warm_up, sensors, equivalence, verdict, those of a profile
 * (bench/profile/profile.h), and end (the last one). Units stand in the names. A field that is not known is left out,
 * or a reason takes its place: there is no null, NaN or infinity.
 *
 * A field that is added keeps the schema; a field whose meaning changes raises it:
 *
 *     1  records are written all at once, after the run; a sample's "start" is "cold" or "warm"
 *     2  records are written as they come, so that a file may end anywhere: a whole one has a record of kind "end";
 *        the environment says what is "planned"; a sample has the cache state that it was measured in */
#ifndef SDBENCH_BENCH_RECORD_RECORD_H
#define SDBENCH_BENCH_RECORD_RECORD_H

#include "pipeline/base/text.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <time.h>

enum { RECORD_SCHEMA = 2, RECORD_SCHEMA_WITH_END = 2 /* the first one whose files have an end */ };

/* A line that is longer is neither written nor read, nor is one of more values: a reader's memory is bounded. */
enum { RECORD_LINE_BYTES = 16 << 20, RECORD_LINE_VALUES = 1 << 20 };

/* A record with the fields that all have, and the time of now. The caller adds its own. */
cJSON *record_begin(const char *kind, const char *run, const char *variant, const char *backend, const char *workload);

/* "2026-11-24T21:22:26.125Z". */
enum { RECORD_TIME_SIZE = 32 };
void record_time_text(struct timespec at, char out[RECORD_TIME_SIZE]);

/* Whether a number in it, however deep, is not finite; *where is then its place, "phases[2].time_ns". */
bool record_is_not_finite(const cJSON *record, struct text *where);

#endif
