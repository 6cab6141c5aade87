/* Small text files of /proc, /sys and /etc, which may be missing. */
#ifndef SDBENCH_BENCH_SYSTEM_FILE_H
#define SDBENCH_BENCH_SYSTEM_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* The whole text, up to a megabyte; "" where it cannot be read. malloc'ed. */
char *system_file(const char *path);

/* Its first line, without spaces at either end; "" where it cannot be read. */
void system_file_line(const char *path, char *out, size_t size);

#endif
