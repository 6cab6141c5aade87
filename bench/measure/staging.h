/* A folder of results that appears whole: files are made in a hidden folder inside it and moved up when all is done. */
#ifndef SDBENCH_BENCH_MEASURE_STAGING_H
#define SDBENCH_BENCH_MEASURE_STAGING_H

#include "pipeline/base/error.h"

#include <stdbool.h>

struct staging {
    char *folder, *hidden;
    bool made; /* the folder was not there before */
};

/* Makes the folder, and those above it, where they are missing. */
struct err staging_open(const char *folder, struct staging *s);

/* The path of a file in the making; malloc'ed, NULL without memory. */
char *staging_path(const struct staging *s, const char *file);

/* Takes a file away again that is of no use to the reader. */
void staging_remove(const struct staging *s, const char *file);

/* Moves everything up; files of the same names are replaced. Leaves nothing hidden, also on an error. */
struct err staging_commit(struct staging *s);

/* Removes what was made; legal after commit, and on a zeroed one. */
void staging_abandon(struct staging *s);

#endif
