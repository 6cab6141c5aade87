/* What is recorded of a device: what it is, never which one (no UUID, serial or path). */
#ifndef SDBENCH_BENCH_DEVICE_H
#define SDBENCH_BENCH_DEVICE_H

#include "bench/options.h"

#include <cjson/cJSON.h>

/* Adds fields to an object, those that are known: "device" and "device_slice", which say what a time was measured on
 * and stand in every record (a slice is no whole card), and the others. device_read takes all of them back. */
void device_add_name(cJSON *object, const struct device_facts *f);
void device_add_more(cJSON *object, const struct device_facts *f);
struct device_facts device_read(const cJSON *object);

/* A word of a command line as it is recorded: of a path what is behind the last slash, of a UUID its beginning.
 * malloc'ed. */
char *device_redact(const char *word);

#endif
