/* The kind of filesystem that a file lies on, as far as it matters for the page cache. */
#ifndef SDBENCH_BENCH_STATE_FILESYSTEM_H
#define SDBENCH_BENCH_STATE_FILESYSTEM_H

#include <stdbool.h>

struct filesystem {
    char name[32];   /* "ext4" */
    bool is_memory;  /* there is nothing below the page cache: a file cannot leave it */
    bool hides;      /* it keeps a cache of its own beside the page cache */
    bool is_stacked; /* pages belong to the files of another one below: cachestat(2) on an open file sees none */
};
struct filesystem filesystem_of(int fd);

#endif
