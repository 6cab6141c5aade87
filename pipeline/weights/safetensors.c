#include "pipeline/weights/safetensors.h"

#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "pipeline/base/file.h"
#include "pipeline/weights/safetensors_header.h"

struct safetensors {
    char *path;
    struct file_map map; /* .bytes is NULL where the bytes are the caller's */
    size_t size;
    struct safetensors_header header;
};

/* What people give instead of a safetensors file. */
static const struct foreign {
    const char *magic;
    size_t length;
    const char *what;
} foreign[] = {
#define MAGIC(bytes) bytes, sizeof(bytes) - 1
#define PICKLE                                                                                                     \
    "a pickled PyTorch checkpoint (.ckpt, .pt, .bin); these are not read, since they can run code: convert it to " \
    "safetensors"
    {MAGIC("PK\3\4"), PICKLE},
    {MAGIC("\x80\2"), PICKLE},
    {MAGIC("\x80\3"), PICKLE},
    {MAGIC("\x80\4"), PICKLE},
    {MAGIC("\x80\5"), PICKLE},
    {MAGIC("version https://git-lfs"), "a Git LFS pointer, not the file itself: fetch it with git lfs pull"},
    {MAGIC("\x89HDF\r\n\x1a\n"), "an HDF5 file (Keras weights): convert it to safetensors"},
    {MAGIC("GGUF"), "a GGUF file: convert it to safetensors"},
#undef MAGIC
#undef PICKLE
};

static const char *foreign_kind(const unsigned char *bytes, size_t size)
{
    if (size > 8 && bytes[8] == '{')
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(foreign); i++)
        if (size >= foreign[i].length && !memcmp(bytes, foreign[i].magic, foreign[i].length))
            return foreign[i].what;
    return NULL;
}

static struct err parse(struct safetensors *s, const unsigned char *bytes, size_t size)
{
    enum { LENGTH = 8 };
    const char *kind = foreign_kind(bytes, size);
    if (kind)
        return err_fail("%s", kind);
    if (size < LENGTH)
        return err_fail("not a safetensors file: it has %zu bytes, and a header length takes %d", size, LENGTH);
    uint64_t length = 0;
    for (int i = 0; i < LENGTH; i++)
        length |= (uint64_t)bytes[i] << 8 * i;
    if (length > size - LENGTH)
        return err_fail("truncated, or not a safetensors file: a header of %llu bytes does not fit the file's %zu",
                        (unsigned long long)length, size);
    s->size = size;
    return safetensors_header_parse(bytes + LENGTH, (size_t)length, size - LENGTH - (size_t)length, &s->header);
}

static struct err open_bytes(const char *name, struct file_map map, const void *bytes, size_t size,
                             struct safetensors **out)
{
    struct safetensors *s = calloc(1, sizeof *s);
    if (!s || !(s->path = strdup(name))) {
        free(s);
        file_unmap(&map);
        return err_fail("%s: out of memory", name);
    }
    s->map = map;
    struct err e = err_wrap(parse(s, bytes, size), "%s", name);
    if (e.code)
        safetensors_free(s), s = NULL;
    *out = s;
    return e;
}

struct err safetensors_open(const char *path, struct safetensors **out)
{
    *out = NULL;
    struct file_map map;
    TRY(file_map(path, &map));
    return open_bytes(path, map, map.bytes, map.size, out);
}

struct err safetensors_parse(const void *bytes, size_t size, const char *name, struct safetensors **out)
{
    *out = NULL;
    return open_bytes(name, (struct file_map){0}, bytes, size, out);
}

void safetensors_free(struct safetensors *s)
{
    if (!s)
        return;
    safetensors_header_free(&s->header);
    file_unmap(&s->map);
    free(s->path);
    free(s);
}

size_t safetensors_count(const struct safetensors *s)
{
    return s->header.count;
}

const struct stored_tensor *safetensors_at(const struct safetensors *s, size_t i)
{
    return &s->header.tensor[i];
}

static int compare_name(const void *name, const void *tensor)
{
    return strcmp(name, ((const struct stored_tensor *)tensor)->name);
}

const struct stored_tensor *safetensors_find(const struct safetensors *s, const char *name)
{
    return s->header.count ? bsearch(name, s->header.tensor, s->header.count, sizeof *s->header.tensor, compare_name)
                           : NULL;
}

struct err safetensors_need(const struct safetensors *s, const char *name, const struct stored_tensor **out)
{
    *out = safetensors_find(s, name);
    if (!*out)
        return err_fail("%s: has no tensor %s", s->path, name);
    if ((*out)->unusable)
        return err_fail("%s: tensor %s cannot be used: it has %s (dtype %s)", s->path, name, (*out)->unusable,
                        (*out)->tag);
    return OK;
}

const char *safetensors_metadata(const struct safetensors *s, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(s->header.metadata, key));
}

const char *safetensors_path(const struct safetensors *s)
{
    return s->path;
}

size_t safetensors_bytes(const struct safetensors *s)
{
    return s->size;
}
