/* Versions of the program and of every library that it was built with. */
#ifndef SDBENCH_BENCH_VERSION_H
#define SDBENCH_BENCH_VERSION_H

#include "pipeline/base/arena.h"

#include <stdio.h>

#define SDBENCH_VERSION "0.1.0"

void version_print(FILE *out);

/* "cJSON 1.7.15, ..." on one line. */
const char *version_libraries(struct arena *a);

#endif
