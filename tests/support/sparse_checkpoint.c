#include "tests/support/sparse_checkpoint.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "pipeline/model/manifest.h"
#include "pipeline/weights/names.h"
#include "pipeline/weights/safetensors_writer.h"
#include "tests/support/scratch.h"

void sparse_make(const char *file)
{
    struct arena arena = {0};
    struct safetensors_writer w;
    struct manifest m = manifest_make(model_config_find("sd14"), &arena);
    struct stored_tensor *tensor = arena_alloc(&arena, m.count * sizeof *tensor);
    for (size_t i = 0; i < m.count; i++) {
        char name[NAME_TEXT];
        name_compvis(m.spec[i].name, name);
        tensor[i] = stored_tensor_make(arena_strdup(&arena, name), DTYPE_f16, m.spec[i].shape, NULL);
    }
    struct err e = safetensors_create(scratch_path(file), tensor, m.count, NULL, 0, &w);
    cr_assert(!e.code, "%s", err_text(e));
    cr_assert(!fflush(w.file.stream) && !ftruncate(fileno(w.file.stream), ftell(w.file.stream) + (off_t)w.bytes));
    w.written = w.bytes; /* by the hole */
    e = safetensors_commit(&w);
    cr_assert(!e.code, "%s", err_text(e));
    arena_free(&arena);
}

/* The header's text, with its length at the front of the file. */
struct header {
    int fd;
    char *text;
    uint64_t length;
};

static struct header open_header(const char *file)
{
    struct header h = {.fd = open(scratch_path(file), O_RDWR)};
    cr_assert(h.fd >= 0 && pread(h.fd, &h.length, 8, 0) == 8, "%s cannot be read", file);
    h.text = calloc(h.length + 1, 1);
    cr_assert(h.text && pread(h.fd, h.text, h.length, 8) == (ssize_t)h.length, "%s cannot be read", file);
    return h;
}

static void close_header(struct header *h)
{
    cr_assert(pwrite(h->fd, h->text, h->length, 8) == (ssize_t)h->length);
    close(h->fd);
    free(h->text);
}

static char *entry(const struct header *h, const char *tensor)
{
    char quoted[512];
    snprintf(quoted, sizeof quoted, *tensor ? "\"%s\":" : "%s", tensor);
    char *at = strstr(h->text, quoted);
    if (!at)
        cr_assert_fail("no tensor %s in the header", tensor);
    return at;
}

void sparse_edit(const char *file, const char *tensor, const char *from, const char *to)
{
    struct header h = open_header(file);
    char *at = strstr(entry(&h, tensor), from);
    cr_assert(at && strlen(to) <= strlen(from), "%s: no room for %s", tensor, to);
    memset(at, ' ', strlen(from));
    memcpy(at, to, strlen(to));
    close_header(&h);
}

void sparse_move(const char *file, const char *tensor, long long bytes)
{
    struct header h = open_header(file);
    char *at = strstr(entry(&h, tensor), "\"data_offsets\":["), text[64], *end = strchr(at, ']') + 1;
    long long from, to;
    cr_assert_eq(sscanf(at, "\"data_offsets\":[%lld,%lld]", &from, &to), 2);
    int length = snprintf(text, sizeof text, "\"data_offsets\":[%lld,%lld]", from + bytes, to + bytes);
    cr_assert_eq(length, (int)(end - at), "%s: another number of digits", tensor);
    memcpy(at, text, (size_t)length);
    close_header(&h);
}

void sparse_poke(const char *file, const char *tensor, long long index, unsigned short bits)
{
    struct header h = open_header(file);
    long long from;
    cr_assert_eq(sscanf(strstr(entry(&h, tensor), "\"data_offsets\":["), "\"data_offsets\":[%lld,", &from), 1);
    cr_assert_eq(pwrite(h.fd, &bits, 2, 8 + (off_t)h.length + from + 2 * index), 2);
    close_header(&h);
}

void sparse_resize(const char *file, long long bytes_more)
{
    struct stat st;
    cr_assert(!stat(scratch_path(file), &st) && !truncate(scratch_path(file), st.st_size + bytes_more));
}
