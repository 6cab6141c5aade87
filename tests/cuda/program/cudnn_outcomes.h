/* Which patterns were compiled, in a file, so that a second run need not: a line each, of cuDNN's version, the device,
 * the pattern, the problem that stands for it, and the choice. */
#ifndef SDBENCH_TESTS_CUDNN_OUTCOMES_H
#define SDBENCH_TESTS_CUDNN_OUTCOMES_H

#include <stdbool.h>

#include "pipeline/base/text.h"

struct outcomes {
    const char *path, *version, *device;
    struct text before, now; /* lines: of the file, and of this run */
    int patterns, from_before;
};

/* A missing file holds nothing. */
void outcomes_open(struct outcomes *o, const char *path, const char *version, const char *device);
/* Writes this run's lines in place of the file. An error ends the program. */
void outcomes_close(struct outcomes *o);

/* Whether this run has the pattern; whether the file has it with this problem and choice, which then counts for this
 * run. */
bool outcomes_known(const struct outcomes *o, const char *pattern);
bool outcomes_from_before(struct outcomes *o, const char *pattern, const char *problem, const char *choice);
void outcomes_add(struct outcomes *o, const char *pattern, const char *problem, const char *choice);

#endif
