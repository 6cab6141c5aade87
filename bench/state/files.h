/* Lists of files: paths, and what a checkpoint consists of. */
#ifndef SDBENCH_BENCH_STATE_FILES_H
#define SDBENCH_BENCH_STATE_FILES_H

#include "pipeline/base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* A zeroed one is empty. */
struct file_list {
    char **path;
    size_t count, capacity;
};
void file_list_free(struct file_list *l);

/* Copies the path. */
struct err file_list_add(struct file_list *l, const char *path);

/* In the order of strcmp, each once. */
void file_list_sort(struct file_list *l);

/* Of sorted lists. */
bool file_list_has(const struct file_list *l, const char *path);

/* Adds what is in `all` and not in the sorted `without`. */
struct err file_list_add_others(struct file_list *l, const struct file_list *all, const struct file_list *without);

/* Adds the files of a checkpoint: the file itself, or all .safetensors files in the folder and below; sorted, links
 * resolved, so that they compare equal to what a process maps. None at all is an error. */
struct err files_of_checkpoint(const char *path, struct file_list *out);

/* The name without its folder. */
const char *file_base_name(const char *path);

#endif
