#include <inttypes.h>
#include <stdio.h>

#include "bench/json.h"
#include "bench/weights/task.h"
#include "pipeline/weights/cache.h"

/* Of all tensors of a checkpoint; those whose shape the program cannot take count as tensors and bytes only. */
struct totals {
    size_t tensors;
    int64_t values;
    uint64_t bytes;
};

static void list_tensor(const struct stored_tensor *t, const char *sub_model, struct totals *sum, cJSON *json)
{
    char shape[SHAPE_TEXT], name[512];
    snprintf(name, sizeof name, "%s%s%s", sub_model, *sub_model ? "/" : "", t->name);
    sum->tensors++;
    sum->bytes += t->bytes;
    sum->values += t->unusable ? 0 : shape_count(t->shape);
    shape_text(t->shape, shape);
    if (!json) {
        printf("%-88s %-5s %s%s%s\n", name, t->tag, t->unusable ? "(" : shape, t->unusable ? t->unusable : "",
               t->unusable ? ")" : "");
        return;
    }
    cJSON *row = cJSON_CreateObject(), *dims = cJSON_AddArrayToObject(row, "shape");
    cJSON_AddStringToObject(row, "name", name);
    cJSON_AddStringToObject(row, "dtype", t->tag);
    cJSON_AddNumberToObject(row, "bytes", (double)t->bytes);
    for (int i = 0; i < t->shape.rank && !t->unusable; i++)
        cJSON_AddItemToArray(dims, cJSON_CreateNumber((double)t->shape.dim[i]));
    if (t->unusable)
        cJSON_AddStringToObject(row, "unusable", t->unusable);
    cJSON_AddItemToArray(json, row);
}

static struct err list_checkpoint(const struct weights_task *t)
{
    struct checkpoint_files f;
    struct totals sum = {0};
    TRY(checkpoint_files_open(t->path, &f));
    cJSON *json = t->o->json ? cJSON_CreateObject() : NULL;
    cJSON *rows = json ? cJSON_AddArrayToObject(json, "tensors") : NULL;
    for (size_t i = 0; i < f.count; i++)
        for (size_t k = 0; k < safetensors_count(f.file[i]); k++)
            list_tensor(safetensors_at(f.file[i], k), f.count > 1 ? sub_models[i] : "", &sum, rows);
    checkpoint_files_close(&f);
    if (!json) {
        printf("%zu tensors, %" PRId64 " values, %.3f GB\n", sum.tensors, sum.values, (double)sum.bytes * 1e-9);
        return OK;
    }
    cJSON_AddNumberToObject(json, "values", (double)sum.values);
    cJSON_AddNumberToObject(json, "bytes", (double)sum.bytes);
    return json_print(json);
}

static struct err list_cache(const struct weights_task *t)
{
    struct cache_entry *entry;
    size_t count;
    TRY(weights_cache_list(&entry, &count));
    cJSON *json = t->o->json ? cJSON_CreateObject() : NULL;
    cJSON *rows = json ? cJSON_AddArrayToObject(json, "entries") : NULL;
    for (size_t i = 0; i < count; i++) {
        cJSON *row = json ? cJSON_CreateObject() : NULL;
        if (!json)
            printf("%-20s %8.2f GB  %s\n", entry[i].name, (double)entry[i].bytes * 1e-9, entry[i].path);
        cJSON_AddStringToObject(row, "name", entry[i].name);
        cJSON_AddStringToObject(row, "path", entry[i].path);
        cJSON_AddNumberToObject(row, "bytes", (double)entry[i].bytes);
        cJSON_AddItemToArray(rows, row);
    }
    if (!json && !count)
        printf("the cache of weights is empty (sdbench weights make fills it)\n");
    weights_cache_list_free(entry, count);
    return json ? json_print(json) : OK;
}

struct err weights_list(const struct weights_task *t)
{
    return t->path ? list_checkpoint(t) : list_cache(t);
}
