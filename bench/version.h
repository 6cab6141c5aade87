/* Versions of the program and of every library that it was built with. */
#ifndef SDBENCH_BENCH_VERSION_H
#define SDBENCH_BENCH_VERSION_H

#include <stdio.h>

#define SDBENCH_VERSION "0.1.0"

void version_print(FILE *out);

#endif
