/* An entry of the cache as files: its folder, its lock, its size, its end. */
#ifndef SDBENCH_WEIGHTS_CACHE_ENTRY_H
#define SDBENCH_WEIGHTS_CACHE_ENTRY_H

#include "pipeline/base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* The folder of all entries, made where missing; malloc'ed. */
struct err cache_root(char **path);

/* The lock of an entry is a file beside it, which stays. Without `wait` a lock that is held is an error. While waiting,
 * a signal asks `go_on` (may be NULL) whether to go on. Unlock by closing *fd. */
struct err cache_lock(const char *entry, bool wait, bool (*go_on)(void *), void *to, int *fd);

/* Of the files in its sub-model folders. */
uint64_t cache_bytes(const char *entry);

/* Removes weights, config.json files and the leftovers of interrupted writers ("*.tmp"), or these leftovers alone. */
struct err cache_remove(const char *entry);
void cache_remove_leftovers(const char *entry);

#endif
