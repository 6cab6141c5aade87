/* Results as JSON. */
#ifndef SDBENCH_BENCH_JSON_H
#define SDBENCH_BENCH_JSON_H

#include "pipeline/base/error.h"

#include <cjson/cJSON.h>
#include <stdint.h>

/* Prints on stdout and deletes it. */
struct err json_print(cJSON *json);

/* All 64 bits, where a number of cJSON has 53. */
void json_add_count(cJSON *object, const char *name, uint64_t value);
cJSON *json_count(uint64_t value);

/* A time that was computed, in whole nanoseconds: rounded, and cut at 0 and at what a reader can hold. */
void json_add_ns(cJSON *object, const char *name, double ns);

/* A hash as 16 hexadecimal digits. */
void json_add_hash(cJSON *object, const char *name, uint64_t value);

/* A member's value; 0 or "" where it is missing or of another type. */
double json_number(const cJSON *object, const char *name);
const char *json_string(const cJSON *object, const char *name);
uint64_t json_hash(const cJSON *object, const char *name);

#endif
