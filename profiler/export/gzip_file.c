#include "profiler/export/gzip_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Level 9 would make a trace 7 % smaller, in twice the time. 16: a gzip header, without a date. */
enum { LEVEL = 6, MEMORY_LEVEL = 9, WINDOW = 16 + MAX_WBITS };

struct err gzip_create(const char *path, struct gzip_file **out)
{
    struct gzip_file *f = calloc(1, sizeof *f);
    if (!f)
        return err_fail("%s: out of memory", path);
    struct err e = file_create(path, &f->file);
    if (!e.code && deflateInit2(&f->z, LEVEL, Z_DEFLATED, WINDOW, MEMORY_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
        file_abandon(&f->file);
        e = err_fail("%s: out of memory", path);
    }
    if (e.code)
        free(f);
    else
        *out = f;
    return e;
}

/* Compresses what waits. Z_FINISH: all of it, to the end of the file; else zlib may keep some back. */
static void pack(struct gzip_file *f, int flush)
{
    int result = Z_OK;
    f->z.next_in = (Bytef *)f->text;
    f->z.avail_in = (uInt)f->length;
    f->length = 0;
    while (!f->error.code && result == Z_OK && (f->z.avail_in || flush == Z_FINISH)) {
        f->z.next_out = f->packed;
        f->z.avail_out = sizeof f->packed;
        result = deflate(&f->z, flush);
        const size_t n = sizeof f->packed - f->z.avail_out;
        if (n)
            f->error = file_write(&f->file, f->packed, n);
        f->bytes += n;
    }
}

void gzip_add(struct gzip_file *f, const char *format, ...)
{
    va_list args;
    for (int attempt = 0; attempt < 2 && !f->error.code; attempt++) {
        const size_t room = sizeof f->text - f->length;
        va_start(args, format);
        const int n = vsnprintf(f->text + f->length, room, format, args);
        va_end(args);
        if (n >= 0 && (size_t)n < room) {
            f->length += (size_t)n;
            return;
        }
        pack(f, Z_NO_FLUSH);
    }
    if (!f->error.code)
        f->error = err_fail("%s: an entry of more than %d bytes cannot be written", f->file.path, GZIP_TEXT);
}

void gzip_add_text(struct gzip_file *f, const char *text)
{
    for (size_t left = strlen(text); left && !f->error.code;) {
        if (f->length == sizeof f->text)
            pack(f, Z_NO_FLUSH);
        const size_t room = sizeof f->text - f->length, n = left < room ? left : room;
        memcpy(f->text + f->length, text, n);
        f->length += n;
        text += n;
        left -= n;
    }
}

struct err gzip_commit(struct gzip_file *f, uint64_t *bytes)
{
    pack(f, Z_FINISH);
    deflateEnd(&f->z);
    struct err e = f->error;
    if (!e.code)
        e = file_commit(&f->file);
    else
        file_abandon(&f->file);
    if (bytes)
        *bytes = f->bytes;
    free(f);
    return e;
}
