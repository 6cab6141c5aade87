/* Lines of JSON, appended to a file whole or not at all. */
#ifndef SDBENCH_BENCH_RECORD_LINE_H
#define SDBENCH_BENCH_RECORD_LINE_H

#include "pipeline/base/error.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

/* Appends an object as one line, by one write where the system takes it whole. fd is open with O_APPEND, and written by
 * nobody else. What was written of a line that did not fit is taken back; *is_cut is set where even that failed, and
 * the next call then ends that line first. Refuses what no reader could read: a number that is not finite (its place is
 * named), a line that is too long. Bytes that are no UTF-8 become question marks. */
struct err line_append(int fd, const cJSON *object, bool *is_cut);

#endif
