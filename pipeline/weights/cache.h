/* Synthetic checkpoints in the cache: each is made once, checked when it is asked for, and made again where it is
 * damaged. An entry "<model>-seed<seed>" is a diffusers folder in float32, weights/ENTRY in the cache folder
 * (file_cache_folder). */
#ifndef SDBENCH_WEIGHTS_CACHE_H
#define SDBENCH_WEIGHTS_CACHE_H

#include "pipeline/weights/store.h"

/* The folder of the synthetic checkpoint of these tensors, made where it is missing, truncated or other than asked for
 * (headers and sizes are looked at, not values). Of several processes one makes it and the others wait. *path is
 * malloc'ed. */
struct err weights_cache(const char *model_name, uint64_t seed, const struct tensor_spec *spec, size_t count,
                         const struct checkpoint_rules *v1, struct weights_progress progress, char **path);

struct cache_entry {
    char *name, *path;
    uint64_t bytes;
};

/* By name; to be freed by weights_cache_list_free. */
struct err weights_cache_list(struct cache_entry **list, size_t *count);
void weights_cache_list_free(struct cache_entry *list, size_t count);

/* Removes an entry, or all where name is NULL, and adds up the bytes. Only what weights_cache made is removed: an entry
 * with other files in it is an error, and so is one that is being made. */
struct err weights_cache_clean(const char *name, uint64_t *bytes);

#endif
