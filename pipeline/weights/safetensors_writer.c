#include "pipeline/weights/safetensors_writer.h"

#include <inttypes.h>
#include <string.h>

#include <cjson/cJSON.h>

struct stored_tensor stored_tensor_make(const char *name, enum dtype dtype, struct shape shape, const void *data)
{
    return (struct stored_tensor){.name = name,
                                  .shape = shape,
                                  .dtype = dtype,
                                  .data = data,
                                  .bytes = (size_t)shape_count(shape) * dtypes[dtype].bytes,
                                  .tag = dtypes[dtype].tag};
}

static void add_tensor(cJSON *header, const struct stored_tensor *t, uint64_t begin, uint64_t end)
{
    cJSON *entry = cJSON_AddObjectToObject(header, t->name);
    cJSON_AddStringToObject(entry, "dtype", dtypes[t->dtype].tag);
    cJSON *shape = cJSON_AddArrayToObject(entry, "shape");
    for (int i = 0; i < t->shape.rank; i++)
        cJSON_AddItemToArray(shape, cJSON_CreateNumber((double)t->shape.dim[i]));
    cJSON *offsets = cJSON_AddArrayToObject(entry, "data_offsets");
    cJSON_AddItemToArray(offsets, cJSON_CreateNumber((double)begin));
    cJSON_AddItemToArray(offsets, cJSON_CreateNumber((double)end));
}

/* The header's text, to be freed by cJSON_free; NULL when out of memory. The sum of all bytes goes to *bytes. */
static char *header_text(const struct stored_tensor *tensors, size_t count, const struct safetensors_text *metadata,
                         size_t texts, uint64_t *bytes)
{
    cJSON *header = cJSON_CreateObject();
    *bytes = 0;
    if (texts) {
        cJSON *object = cJSON_AddObjectToObject(header, "__metadata__");
        for (size_t i = 0; i < texts; i++)
            cJSON_AddStringToObject(object, metadata[i].key, metadata[i].value);
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t begin = *bytes;
        *bytes += (uint64_t)shape_count(tensors[i].shape) * dtypes[tensors[i].dtype].bytes;
        add_tensor(header, &tensors[i], begin, *bytes);
    }
    char *text = cJSON_PrintUnformatted(header);
    cJSON_Delete(header);
    return text;
}

struct err safetensors_create(const char *path, const struct stored_tensor *tensors, size_t count,
                              const struct safetensors_text *metadata, size_t texts, struct safetensors_writer *w)
{
    *w = (struct safetensors_writer){0};
    char *text = header_text(tensors, count, metadata, texts, &w->bytes);
    if (!text)
        return err_fail("%s: out of memory for its header", path);
    size_t length = strlen(text), padding = -length % 8; /* so that the tensors start aligned */
    unsigned char prefix[8];
    for (int i = 0; i < 8; i++)
        prefix[i] = (unsigned char)((uint64_t)(length + padding) >> 8 * i);
    struct err e = file_create(path, &w->file);
    if (!e.code)
        e = file_write(&w->file, prefix, sizeof prefix);
    if (!e.code)
        e = file_write(&w->file, text, length);
    if (!e.code)
        e = file_write(&w->file, "       ", padding);
    cJSON_free(text);
    return e;
}

struct err safetensors_write(struct safetensors_writer *w, const void *bytes, size_t n)
{
    w->written += n;
    if (w->written <= w->bytes)
        return file_write(&w->file, bytes, n);
    struct err e = err_fail("%s: more bytes than its tensors were declared with", w->file.path);
    safetensors_abandon(w);
    return e;
}

struct err safetensors_commit(struct safetensors_writer *w)
{
    if (w->written == w->bytes)
        return file_commit(&w->file);
    struct err e = err_fail("%s: %" PRIu64 " bytes written of the %" PRIu64 " that its tensors were declared with",
                            w->file.path, w->written, w->bytes);
    safetensors_abandon(w);
    return e;
}

void safetensors_abandon(struct safetensors_writer *w)
{
    file_abandon(&w->file);
}

struct err safetensors_save(const char *path, const struct stored_tensor *tensors, size_t count,
                            const struct safetensors_text *metadata, size_t texts)
{
    struct safetensors_writer w;
    TRY(safetensors_create(path, tensors, count, metadata, texts, &w));
    for (size_t i = 0; i < count; i++)
        TRY(safetensors_write(&w, tensors[i].data, tensors[i].bytes));
    return safetensors_commit(&w);
}
