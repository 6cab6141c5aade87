#include "tests/support/golden.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include "pipeline/base/file.h"

struct golden {
    const char *file;
    struct file_map map;
    const unsigned char *data; /* what data_offsets count from */
    size_t bytes;
    cJSON *header;
};

const char *golden_path(const char *file)
{
    static char paths[8][4096];
    static unsigned next;
    const char *source = getenv("SDBENCH_SOURCE");
    char *path = paths[next++ % ARRAY_LEN(paths)];
    snprintf(path, sizeof *paths, "%s/tests/golden/%s", source && *source ? source : ".", file);
    return path;
}

struct golden *golden_open(const char *file)
{
    struct golden *g = calloc(1, sizeof *g);
    cr_assert_not_null(g, "out of memory");
    g->file = file;
    struct err e = file_map(*file == '/' ? file : golden_path(file), &g->map);
    if (e.code)
        cr_assert_fail("golden file: %s (run in the source folder, or set SDBENCH_SOURCE to it)", err_text(e));
    uint64_t length = 0;
    if (g->map.size >= sizeof length)
        memcpy(&length, g->map.bytes, sizeof length);
    if (!length || length % 4 || length > g->map.size - sizeof length)
        cr_assert_fail("golden file %s: no safetensors header", file);
    g->data = g->map.bytes + sizeof length + length;
    g->bytes = g->map.size - sizeof length - (size_t)length;
    g->header = cJSON_ParseWithLength((const char *)g->map.bytes + sizeof length, (size_t)length);
    if (!cJSON_IsObject(g->header))
        cr_assert_fail("golden file %s: its header is not JSON", file);
    return g;
}

void golden_close(struct golden *g)
{
    if (!g)
        return;
    cJSON_Delete(g->header);
    file_unmap(&g->map);
    free(g);
}

const char *golden_key(const struct golden *g, size_t i)
{
    const cJSON *entry;
    cJSON_ArrayForEach(entry, g->header)
    {
        if (strcmp(entry->string, "__metadata__") && !i--)
            return entry->string;
    }
    return NULL;
}

bool golden_has(const struct golden *g, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(g->header, key) != NULL;
}

static const cJSON *golden_entry(const struct golden *g, const char *key)
{
    const cJSON *entry = cJSON_GetObjectItemCaseSensitive(g->header, key);
    if (!entry)
        cr_assert_fail("golden file %s has no \"%s\"", g->file, key);
    return entry;
}

struct shape golden_shape(const struct golden *g, const char *key)
{
    const cJSON *dims = cJSON_GetObjectItemCaseSensitive(golden_entry(g, key), "shape"), *dim;
    struct shape shape = {0};
    cJSON_ArrayForEach(dim, dims)
    {
        if (shape.rank == MAX_RANK)
            cr_assert_fail("golden file %s: \"%s\" has more than %d dimensions", g->file, key, MAX_RANK);
        shape.dim[shape.rank++] = (int64_t)dim->valuedouble;
    }
    return shape;
}

static const void *golden_data(const struct golden *g, const char *key, const char *type, size_t size, size_t *count)
{
    const cJSON *entry = golden_entry(g, key);
    const char *stored = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(entry, "dtype"));
    if (!stored || strcmp(stored, type))
        cr_assert_fail("golden file %s: \"%s\" is %s, not %s", g->file, key, stored ? stored : "of no type", type);
    const cJSON *offsets = cJSON_GetObjectItemCaseSensitive(entry, "data_offsets");
    double from = cJSON_GetNumberValue(cJSON_GetArrayItem(offsets, 0));
    double to = cJSON_GetNumberValue(cJSON_GetArrayItem(offsets, 1));
    double bytes = (double)shape_count(golden_shape(g, key)) * (double)size;
    if (!(from >= 0 && to - from == bytes && to <= (double)g->bytes))
        cr_assert_fail("golden file %s: \"%s\" does not lie in the file", g->file, key);
    const unsigned char *data = g->data + (size_t)from;
    if ((uintptr_t)data % size)
        cr_assert_fail("golden file %s: \"%s\" is not aligned", g->file, key);
    if (count)
        *count = (size_t)bytes / size;
    return data;
}

const float *golden_f32(const struct golden *g, const char *key, size_t *count)
{
    return golden_data(g, key, "F32", sizeof(float), count);
}

const int32_t *golden_i32(const struct golden *g, const char *key, size_t *count)
{
    return golden_data(g, key, "I32", sizeof(int32_t), count);
}

const uint8_t *golden_u8(const struct golden *g, const char *key, size_t *count)
{
    return golden_data(g, key, "U8", sizeof(uint8_t), count);
}

const char *golden_meta(const struct golden *g, const char *name)
{
    const cJSON *meta = cJSON_GetObjectItemCaseSensitive(g->header, "__metadata__");
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(meta, name));
}

double relative_l2(const float *a, const float *b, size_t n)
{
    double error = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
        double d = (double)a[i] - b[i];
        error += d * d;
        size += (double)b[i] * b[i];
    }
    return sqrt(size != 0 ? error / size : error);
}

double relative_max(const float *a, const float *b, size_t n)
{
    double error = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
        double d = fabs((double)a[i] - b[i]);
        if (isnan(d))
            return d;
        error = fmax(error, d);
        size = fmax(size, fabs((double)b[i]));
    }
    return size != 0 ? error / size : error;
}
