/* A gzip file in the making: text goes in piece by piece, and is on disk whole after gzip_commit, or not at all.
 *
 * The first error is kept, and what is added after it is dropped: writers add without looking, gzip_commit has it. */
#ifndef SDBENCH_PROFILER_EXPORT_GZIP_FILE_H
#define SDBENCH_PROFILER_EXPORT_GZIP_FILE_H

#include <stdint.h>
#include <zlib.h>

#include "pipeline/base/error.h"
#include "pipeline/base/file.h"

enum { GZIP_TEXT = 1 << 16 };

struct gzip_file {
    struct file_writer file;
    z_stream z;
    struct err error;
    uint64_t bytes; /* on disk so far */
    size_t length;  /* of text that waits for compression */
    char text[GZIP_TEXT];
    unsigned char packed[GZIP_TEXT];
};

/* *out is malloc'ed, and freed by gzip_commit. */
struct err gzip_create(const char *path, struct gzip_file **out);

/* One call adds less than GZIP_TEXT bytes; gzip_add_text has no such limit. */
__attribute__((format(printf, 2, 3))) void gzip_add(struct gzip_file *f, const char *format, ...);
void gzip_add_text(struct gzip_file *f, const char *text);

/* Renames it into place; where something failed, nothing is left of it. *bytes (may be NULL) is its size. */
struct err gzip_commit(struct gzip_file *f, uint64_t *bytes);

#endif
