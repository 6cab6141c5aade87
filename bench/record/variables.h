/* Environment variables that change results, as they are recorded. */
#ifndef SDBENCH_BENCH_RECORD_VARIABLES_H
#define SDBENCH_BENCH_RECORD_VARIABLES_H

#include "pipeline/base/text.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

/* Whether it is one of them, by the beginning of its name. */
bool variable_matters(const char *name);

/* A value as it may be seen by others: of each path in it what is behind the last slash, of a UUID its beginning
 * (device_redact), of a secret nothing; long ones are cut. */
void variable_redact(const char *name, const char *value, struct text *out);

/* Adds those of "NAME=value", NULL at the end, by name. */
void variables_add(cJSON *object, char *const *environment);

/* Adds words that may be paths, or hold some, with the separators between them. */
void words_redact(const char *text, const char *separators, struct text *out);

#endif
