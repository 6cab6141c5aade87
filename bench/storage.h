/* What a path's files lie on. */
#ifndef SDBENCH_BENCH_STORAGE_H
#define SDBENCH_BENCH_STORAGE_H

#include <stdbool.h>
#include <stddef.h>

struct storage {
    char filesystem[32]; /* "ext4"; "" where unknown */
    char options[64];    /* of those in storage.c that change times: "ro,sync" */
    char model[64];      /* of the disk; "" where the system does not tell */
    int rotational; /* as the disk says, and a virtual one may say either: 1 a hard disk, 0 flash; below 0: unknown */
};

/* Of the nearest folder above that is there, where `path` is not. */
struct storage storage_of(const char *path);

/* Which file system it is, from the text of /proc/self/mountinfo; `path` is absolute and without links. */
struct storage storage_find(const char *mountinfo, const char *path);

#endif
