/* Results as JSON on stdout. */
#ifndef SDBENCH_BENCH_JSON_H
#define SDBENCH_BENCH_JSON_H

#include "pipeline/base/error.h"

#include <cjson/cJSON.h>

/* Prints and deletes it. */
struct err json_print(cJSON *json);

#endif
