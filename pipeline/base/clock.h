/* The clock of all measurements: CLOCK_MONOTONIC, in nanoseconds. Parent and child processes share it. */
#ifndef SDBENCH_BASE_CLOCK_H
#define SDBENCH_BASE_CLOCK_H

#include <stdint.h>

int64_t clock_now_ns(void);

#endif
