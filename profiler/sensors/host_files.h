/* Files of /proc and /sys with sensors of the processors, from their texts. */
#ifndef SDBENCH_PROFILER_SENSORS_HOST_FILES_H
#define SDBENCH_PROFILER_SENSORS_HOST_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A whole number from 0 on, alone on a line. */
bool host_parse_count(const char *text, int64_t *out);

/* A frequency in kHz, in Hz; the mean of all "cpu MHz" of as much of /proc/cpuinfo as there is, whole lines alone. 0
 * where there is none. */
double host_parse_khz(const char *text);
double host_parse_cpuinfo_hz(const char *text);

/* A counter of microjoules that begins again behind `range`: what it grew by between two readings that are less than
 * one round apart. */
int64_t host_counter_growth(int64_t before, int64_t now, int64_t range);

/* The beginning of a file, up to size - 1 bytes; false, and "", where it cannot be read: errno says why. */
bool host_read(const char *path, char *out, size_t size);

#endif
