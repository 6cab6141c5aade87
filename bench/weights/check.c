#include <inttypes.h>
#include <stdio.h>

#include "bench/json.h"
#include "bench/weights/task.h"
#include "pipeline/base/text.h"

/* Every value of every tensor that the model reads; all damaged tensors are named. */
static struct err check_values(const struct weights_task *t, const struct checkpoint *c, size_t of_dtype[DTYPE_COUNT])
{
    struct text damaged = {0};
    size_t count = 0;
    struct err e = OK;
    int64_t done = 0;
    for (size_t i = 0; i < t->manifest.count && !e.code; i++) {
        const struct stored_tensor *tensor = checkpoint_find(c, t->manifest.spec[i].name);
        of_dtype[tensor->dtype]++;
        int64_t bad = stored_tensor_first_not_finite(tensor);
        stored_tensor_release(tensor);
        done += shape_count(tensor->shape);
        if (!progress_report(t->progress, "check", (uint64_t)done, (uint64_t)t->manifest.values))
            e = err_make(ERR_CANCELLED, "cancelled");
        if (bad >= 0)
            text_add(&damaged, "%s%s (value %" PRId64 ")", count++ ? "; " : "", tensor->name, bad);
    }
    progress_clear(t->progress);
    if (!e.code && count)
        e = err_fail("%s: NaN or infinity in %zu tensor%s: %s", t->path, count, count == 1 ? "" : "s",
                     text_get(&damaged));
    text_free(&damaged);
    return e;
}

static struct err report(const struct weights_task *t, const struct checkpoint *c, const size_t of_dtype[DTYPE_COUNT])
{
    const char *seed = checkpoint_metadata(c, "weights_seed");
    if (t->o->json) {
        cJSON *json = cJSON_CreateObject();
        cJSON_AddStringToObject(json, "path", t->path);
        cJSON_AddStringToObject(json, "model", t->config->name);
        cJSON_AddStringToObject(json, "layout", weights_layouts[checkpoint_layout(c)]);
        cJSON_AddNumberToObject(json, "tensors", (double)t->manifest.count);
        cJSON_AddNumberToObject(json, "values", (double)t->manifest.values);
        cJSON_AddNumberToObject(json, "bytes", (double)checkpoint_bytes(c));
        if (seed)
            cJSON_AddStringToObject(json, "weights_seed", seed);
        cJSON *tags = cJSON_AddObjectToObject(json, "tensors_of_dtype");
        for (int i = 0; i < DTYPE_COUNT; i++)
            if (of_dtype[i])
                cJSON_AddNumberToObject(tags, dtypes[i].tag, (double)of_dtype[i]);
        return json_print(json);
    }
    printf("%s: OK, fits %s (%s): %zu tensors, %" PRId64 " values, all finite, %.3f GB, %s", t->path, t->config->name,
           t->config->title, t->manifest.count, t->manifest.values, (double)checkpoint_bytes(c) * 1e-9,
           weights_layouts[checkpoint_layout(c)]);
    for (int i = 0; i < DTYPE_COUNT; i++)
        if (of_dtype[i])
            printf(", %zu %s", of_dtype[i], dtypes[i].name);
    if (seed)
        printf(", synthetic with seed %s", seed);
    printf("\n");
    return OK;
}

/* The model that a checkpoint fits, where it is another than the one asked for. */
static const struct model_config *fits_other(const struct weights_task *t)
{
    for (const struct model_config *other = model_configs; other->name; other++) {
        struct arena arena = {0};
        struct checkpoint *c = NULL;
        struct manifest m = manifest_make(other, &arena);
        struct checkpoint_rules rules = {other->text_width, other->text_heads, other->unet_heads};
        struct err e = checkpoint_open(t->path, m.spec, m.count, &rules, &c);
        bool fits = !e.code;
        err_free(&e);
        checkpoint_free(c);
        arena_free(&arena);
        if (fits)
            return other;
    }
    return NULL;
}

struct err weights_check(const struct weights_task *t)
{
    struct checkpoint *c;
    size_t of_dtype[DTYPE_COUNT] = {0};
    struct err e = checkpoint_open(t->path, t->manifest.spec, t->manifest.count, &t->rules, &c);
    const struct model_config *other = e.code ? fits_other(t) : NULL;
    if (other) {
        err_free(&e);
        return err_fail("%s: fits %s, not %s: check it with --model %s", t->path, other->name, t->config->name,
                        other->name);
    }
    TRY(e);
    e = check_values(t, c, of_dtype);
    if (!e.code)
        e = report(t, c, of_dtype);
    checkpoint_free(c);
    return e;
}
