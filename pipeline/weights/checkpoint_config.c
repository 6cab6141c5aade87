#include "pipeline/weights/checkpoint_config.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "pipeline/base/file.h"
#include "pipeline/base/text.h"

/* A field of a v1 folder: its value as JSON, or a number of the rules. A list counts where each of its items fits. */
static const struct field {
    const char *file, *key, *value;
    size_t rule;
} fields[] = {
#define RULE(member) NULL, offsetof(struct checkpoint_rules, member)
    {"unet/config.json", "cross_attention_dim", RULE(context_width)},
    {"unet/config.json", "attention_head_dim", RULE(unet_heads)}, /* which v1 files call the number of heads */
    {"unet/config.json", "in_channels", "4", 0},                  /* 9: inpainting */
    {"unet/config.json", "use_linear_projection", "false", 0},
    {"text_encoder/config.json", "num_attention_heads", RULE(text_heads)},
    {"text_encoder/config.json", "hidden_act", "\"quick_gelu\"", 0},
    {"vae/config.json", "scaling_factor", "0.18215", 0},
    {"scheduler/scheduler_config.json", "prediction_type", "\"epsilon\"", 0},
#undef RULE
};

static struct err read_json(const char *path, cJSON **out)
{
    struct file_map map;
    TRY(file_map(path, &map));
    char *text = calloc(1, map.size + 1);
    if (text && map.size)
        memcpy(text, map.bytes, map.size);
    file_unmap(&map);
    *out = text ? cJSON_Parse(text) : NULL;
    free(text);
    return cJSON_IsObject(*out) ? OK : err_fail("%s: not a JSON object", path);
}

static bool fits(const cJSON *item, const cJSON *value)
{
    const cJSON *each;
    if (!cJSON_IsArray(item))
        return !item || cJSON_IsNull(item) || cJSON_Compare(item, value, true);
    cJSON_ArrayForEach(each, item)
    {
        if (!cJSON_Compare(each, value, true))
            return false;
    }
    return true;
}

static struct err check_field(const char *folder, const struct field *field, const struct checkpoint_rules *v1,
                              struct text *wrong)
{
    struct text path = {0};
    text_add(&path, "%s/%s", folder, field->file);
    cJSON *json = NULL;
    struct err e = file_exists(path.bytes) ? read_json(path.bytes, &json) : OK;
    cJSON *value = field->value ? cJSON_Parse(field->value)
                                : cJSON_CreateNumber((double)*(const int64_t *)((const char *)v1 + field->rule));
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, field->key);
    if (!e.code && !fits(item, value)) {
        char *is = cJSON_PrintUnformatted(item), *should = cJSON_PrintUnformatted(value);
        text_add(wrong, "%s%s has %s %.200s, not %s", wrong->length ? "; " : "", field->file, field->key, is, should);
        cJSON_free(is);
        cJSON_free(should);
    }
    cJSON_Delete(value);
    cJSON_Delete(json);
    text_free(&path);
    return e;
}

struct err checkpoint_config_check(const char *folder, const struct checkpoint_rules *v1)
{
    struct text wrong = {0};
    struct err e = OK;
    for (size_t i = 0; i < ARRAY_LEN(fields) && !e.code; i++)
        e = check_field(folder, &fields[i], v1, &wrong);
    if (!e.code && wrong.length)
        e = err_fail("%s: not the Stable Diffusion v1 model asked for: %s", folder, wrong.bytes);
    text_free(&wrong);
    return e;
}
