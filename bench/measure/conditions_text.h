/* What files of /proc and /sys say, from their texts. An empty text, or one that is something else, is unknown:
 * CONDITION_UNKNOWN, 0 or "". */
#ifndef SDBENCH_BENCH_MEASURE_CONDITIONS_TEXT_H
#define SDBENCH_BENCH_MEASURE_CONDITIONS_TEXT_H

#include "bench/measure/conditions.h"

#include <stdbool.h>

enum { CONDITIONS_LONGEST_GROUP = 1024 };

/* A number from 0 on, alone on a line. */
int64_t conditions_parse_count(const char *text);

/* The number behind a name that begins a line: "read_bytes:" of /proc/self/io, "MemAvailable:" of /proc/meminfo. */
int64_t conditions_parse_field(const char *text, const char *name);

/* The first word, and that in brackets: "always [madvise] never". One that is too long is none. */
void conditions_parse_word(const char *text, char out[CONDITION_TEXT]);
void conditions_parse_chosen(const char *text, char out[CONDITION_TEXT]);

/* "/autogroup-123 nice 0": the session's number says nothing to others. */
int64_t conditions_parse_autogroup_nice(const char *text);

/* The path of the own cgroup in /proc/self/cgroup: version 2's, or that of version 1's controller "cpu"; "" is the
 * root. False where there is none. */
bool conditions_parse_cgroup(const char *text, bool second, char out[CONDITIONS_LONGEST_GROUP]);

/* A limit in cores: version 2's cpu.max "quota period" in microseconds, or version 1's two files. No limit is 0. */
double conditions_parse_cpu_max(const char *text);
double conditions_parse_quota(const char *quota, const char *period);

#endif
