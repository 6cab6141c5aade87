/* /proc/self/mountinfo: what is mounted where. */
#ifndef SDBENCH_BENCH_MOUNTS_H
#define SDBENCH_BENCH_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>

struct mount {
    unsigned major, minor;                     /* of the file system's device */
    char root[1024];                           /* the folder of that file system that is mounted */
    char point[1024];                          /* where */
    char type[32], source[256], options[1024]; /* options: of the file system */
};

/* Reads the line that begins at *at and moves *at behind it. False where no line is left; lines that are none, or whose
 * parts do not fit, are skipped. */
bool mount_next(const char **at, struct mount *m);

/* The mount that an absolute path without links is on: the last one of those whose point is the longest. */
bool mount_of_path(const char *mountinfo, const char *path, struct mount *out);

/* Whether a path is this folder or below it. */
bool path_is_below(const char *path, const char *folder);

#endif
