/* Choices on disk: which implementation each operation got, by the operation's signature. A file belongs to one device,
 * driver, set of libraries and build, which its key says; another key's file is not used.
 *
 * A choice may carry code, which is run: a file is used only if nobody else can have written it. It and its folder
 * belong to this user and can be written by no other; the file is regular and no link, and has at most
 * PLAN_FILE_LARGEST bytes. One that is not so, or is damaged, is not used, with a reason. The checksum finds damage; it
 * is no permission. Files are written beside and renamed, without locks: two processes leave one whole file. */
#ifndef SDBENCH_CUDA_CHOICE_PLAN_FILE_H
#define SDBENCH_CUDA_CHOICE_PLAN_FILE_H

#include "pipeline/base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    PLAN_FILE_LARGEST = 64 << 20,
    PLAN_FILE_ENTRIES = 1 << 16,   /* at most */
    PLAN_FILE_LONGEST_NAME = 4096, /* bytes of a key, signature or choice */
};

/* Signature to choice: strings, kept sorted by signature. A zeroed one is empty. The key, the signatures and the
 * choices are printed: one line of UTF-8, not empty. */
struct plan_file {
    char *key;
    struct plan_entry {
        char *signature; /* "conv f16 n6 c320 h64 w64 k320 3x3 ..." */
        char *choice;    /* "cudnn engine 41 knobs ..." or "cublaslt ..." : what is printed and hashed */
        char *detail; /* what makes it again: a plan's text, an algorithm's words in hex; "" where nothing is needed */
    } * entry;
    size_t count;
};
void plan_file_free(struct plan_file *f);

/* Copies the key's text into an empty or keyed file. */
struct err plan_file_set_key(struct plan_file *f, const char *key);

/* Copies the three; takes the place of the entry of that signature. */
struct err plan_file_put(struct plan_file *f, const char *signature, const char *choice, const char *detail);
const struct plan_entry *plan_file_find(const struct plan_file *f, const char *signature);

/* Reads a file. Its key must be `key`, unless that is NULL. A missing file is ERR_ABSENT; one that may not be used is
 * ERR_FAILED with the reason. *out is empty after an error, and never freed before. */
struct err plan_file_read(const char *path, const char *key, struct plan_file *out);

/* Writes one that has a key, for reading by the same user: mode 0600. An error leaves what was there. */
struct err plan_file_write(const char *path, const struct plan_file *f);

/* The path of a key's file, malloc'ed: in the folder SDBENCH_PLANS, else in "plans" in the cache folder (base/file.h);
 * that folder is made (0700) where `make` says so. */
struct err plan_file_path(const char *key, bool make, char **out);

#endif
