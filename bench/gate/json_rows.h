/* Files that are one JSON list of objects, one on each line, so that a difference of two versions is read at once. They
 * are edited by hand and merged by git: an error names the line. */
#ifndef SDBENCH_BENCH_GATE_JSON_ROWS_H
#define SDBENCH_BENCH_GATE_JSON_ROWS_H

#include "pipeline/base/error.h"

#include <cjson/cJSON.h>
#include <stddef.h>
#include <stdint.h>

/* Calls `row` for each object of a file, however it is laid out. An error of it gets the file and the line in front. A
 * file that does not exist has no rows. */
struct err json_rows_read(const char *path, struct err (*row)(void *context, const cJSON *object), void *context);

/* Writes `count` objects that `object(context, i)` makes, whole or not at all; the folder is made where it is missing.
 */
struct err json_rows_write(const char *path, size_t count, cJSON *(*object)(const void *context, size_t i),
                           const void *context);

/* A row's fields, each of which must be there and of its type. A text is shorter than `size`, not empty, and has no
 * control characters. A count is a whole number up to 2^53, which JSON's numbers hold exactly. */
struct err json_row_text(const cJSON *object, const char *name, char *out, size_t size);
struct err json_row_count(const cJSON *object, const char *name, uint64_t *out);
struct err json_row_hash(const cJSON *object, const char *name, uint64_t *out); /* 16 hexadecimal digits */

/* That it has no field beside these: one would be lost when the file is written. NULL ends the names. */
struct err json_row_only(const cJSON *object, const char *const *names);

#endif
