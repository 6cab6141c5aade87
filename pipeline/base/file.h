/* Files: mapped for reading, written whole or not at all. */
#ifndef SDBENCH_BASE_FILE_H
#define SDBENCH_BASE_FILE_H

#include "pipeline/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A whole file, mapped read-only. */
struct file_map {
    const unsigned char *bytes;
    size_t size;
};
struct err file_map(const char *path, struct file_map *map);
void file_unmap(struct file_map *map);

/* Gives back the pages that lie wholly inside [from, from + bytes): they stay in the page cache, not in this process. */
void file_map_release(const void *from, size_t bytes);

/* Tells the system that a part of a mapped file will be read soon: it begins to, and does not wait. */
void file_map_expect(const void *from, size_t bytes);

/* A file in the making: bytes go to a temporary neighbour of `path`, which file_commit flushes and renames into place.
 * On any error, and by file_abandon, the temporary is removed and what stood at `path` before is untouched. A `path`
 * that exists and is no regular file (/dev/full, a pipe) is written directly. */
struct file_writer {
    FILE *stream;
    char *path, *temporary;
};
struct err file_create(const char *path, struct file_writer *w);
struct err file_write(struct file_writer *w, const void *bytes, size_t n);
struct err file_commit(struct file_writer *w);
void file_abandon(struct file_writer *w); /* legal after commit, and on a zeroed writer */

bool file_exists(const char *path);
bool file_is_folder(const char *path);

/* Makes a folder and those above it. */
struct err file_make_folder(const char *path);

/* Bytes free for this user on the file system that holds `path` (which must exist); 0 where unknown. */
uint64_t file_free_bytes(const char *path);

/* The folder for what can be made again: SDBENCH_CACHE, else XDG_CACHE_HOME/sdbench, else ~/.cache/sdbench; made where
 * missing. *path is malloc'ed. */
struct err file_cache_folder(char **path);

#endif
