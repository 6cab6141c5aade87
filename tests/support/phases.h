/* The phases that `generate --json` tells. */
#ifndef SDBENCH_TESTS_SUPPORT_PHASES_H
#define SDBENCH_TESTS_SUPPORT_PHASES_H

#include <cjson/cJSON.h>

/* Asserts that the phases are those of these names (NULL ends them), each once, first entered in this order, and that
 * their times and unaccounted_ns are not negative and add up to time_ns exactly. */
void phases_are_exact(const cJSON *json, const char *const *names);

/* Asserts that the phase is there, and gives it. */
const cJSON *phases_find(const cJSON *json, const char *name);

/* A number of a phase; -1 where it is not told. */
double phases_number(const cJSON *json, const char *name, const char *field);

#endif
