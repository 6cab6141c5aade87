/* Folders of caches: what is in them, and empty ones. */
#ifndef SDBENCH_BENCH_STATE_FOLDER_H
#define SDBENCH_BENCH_STATE_FOLDER_H

#include "pipeline/base/error.h"

#include <stdint.h>

/* What regular files are in a folder and below. A missing one has none; one that cannot be read has -1. */
struct folder_mark {
    int files;
    uint64_t hash; /* of names, sizes and times of last change, in whatever order they are found */
};
struct folder_mark folder_mark(const char *path);

/* A new empty folder below `above`, for this user alone; *path is malloc'ed. */
struct err folder_make_empty(const char *above, char **path);

/* Removes a folder with all that is in it, as far as it can be. */
void folder_remove(const char *path);

#endif
