/* Choices on disk: which implementation each operation got, by the operation's signature. A file belongs to one device,
 * driver, set of libraries and build, which its key says; another key's file is not used.
 *
 * The folder of the cache has mode 0700. A file that belongs to somebody else, can be written by others, is a link or no
 * regular file, is larger than PLAN_FILE_LARGEST, or is damaged is not used, with a reason. Files are written beside and
 * renamed, without locks: two processes leave one whole file. */
#ifndef SDBENCH_CUDA_CHOICE_PLAN_FILE_H
#define SDBENCH_CUDA_CHOICE_PLAN_FILE_H

#include "pipeline/base/error.h"

#include <stddef.h>

enum { PLAN_FILE_LARGEST = 64 << 20 };

/* Signature to choice: strings, kept sorted by signature. A zeroed one is empty. */
struct plan_file {
    char *key;
    struct plan_entry {
        char *signature; /* "conv f16 n6 c320 h64 w64 k320 3x3 ..." */
        char *choice;    /* "cudnn engine 41 knobs ..." or "cublaslt ..." : what is printed and hashed */
        char *detail;    /* what makes it again: a plan's text, an algorithm's words in hex; "" where nothing is needed */
    } *entry;
    size_t count;
};
void plan_file_free(struct plan_file *f);
struct err plan_file_put(struct plan_file *f, const char *signature, const char *choice, const char *detail);
const struct plan_entry *plan_file_find(const struct plan_file *f, const char *signature);

/* Reads a file. Its key must be `key`, unless that is NULL. A missing file is ERR_ABSENT; one that may not be used is
 * ERR_FAILED with the reason. */
struct err plan_file_read(const char *path, const char *key, struct plan_file *out);
struct err plan_file_write(const char *path, const struct plan_file *f);

/* The path of a key's file in the cache folder (base/file.h), whose folder is made (0700) where `make` says so. */
struct err plan_file_path(const char *key, char **out);

#endif
