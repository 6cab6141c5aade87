/* Other programs as children, started by their argument lists: no shell reads a name or a path. */
#ifndef SDBENCH_BENCH_GATE_COMMAND_H
#define SDBENCH_BENCH_GATE_COMMAND_H

#include "pipeline/base/error.h"

/* Runs argv, which NULL ends; what it says, on stdout and stderr, is added to the file `log`. *code is its exit code,
 * or 128 + the signal that ended it. An error is that it could not be started, or that the user interrupted it. */
struct err command_run(const char *const *argv, const char *log, int *code);

/* What argv says on stdout, malloc'ed, up to 64 KiB, line ends at its end left out; stderr goes nowhere. */
struct err command_text(const char *const *argv, char **text, int *code);

#endif
