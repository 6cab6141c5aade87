#include "pipeline/runtime/cuda/choice/plan_file_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <xxhash.h>

#include "pipeline/base/text.h"

#define FIRST_LINE "sdbench plans 1 "
enum { DIGITS = 16, BEFORE_JSON = sizeof FIRST_LINE - 1 + DIGITS + 1 };

static struct err add_plans(cJSON *list, const struct plan_file *f)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct plan_entry *entry = &f->entry[i];
        cJSON *plan = cJSON_CreateStringArray((const char *[]){entry->signature, entry->choice, entry->detail}, 3);
        if (!plan || !cJSON_AddItemToArray(list, plan)) {
            cJSON_Delete(plan);
            return err_fail("plan file: out of memory");
        }
    }
    return OK;
}

static struct err print_json(const struct plan_file *f, char **json)
{
    cJSON *object = cJSON_CreateObject(), *list = NULL;
    if (object && cJSON_AddStringToObject(object, "key", f->key))
        list = cJSON_AddArrayToObject(object, "plans");
    struct err e = list ? add_plans(list, f) : err_fail("plan file: out of memory");
    *json = e.code ? NULL : cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    return e.code || *json ? e : err_fail("plan file: out of memory");
}

struct err plan_file_print(const struct plan_file *f, char **bytes, size_t *n)
{
    char *json;
    *bytes = NULL;
    *n = 0;
    if (!f->key || !plan_file_is_name(f->key))
        return err_fail("a plan file without a key cannot be written");
    TRY(print_json(f, &json));
    size_t length = strlen(json);
    int all = length > PLAN_FILE_LARGEST - BEFORE_JSON - 1
                  ? -2
                  : asprintf(bytes, FIRST_LINE "%016" PRIx64 "\n%s", (uint64_t)XXH3_64bits(json, length), json);
    cJSON_free(json);
    if (all < 0)
        *bytes = NULL;
    if (all == -2)
        return err_fail("%zu bytes of plans are more than a plan file holds (%d)", length, (int)PLAN_FILE_LARGEST);
    *n = all < 0 ? 0 : (size_t)all;
    return all < 0 ? err_fail("plan file: out of memory") : OK;
}

static struct err check_sum(const char *bytes, size_t n)
{
    char sum[DIGITS + 1];
    if (n < BEFORE_JSON || memcmp(bytes, FIRST_LINE, sizeof FIRST_LINE - 1))
        return err_fail("is no plan file of this version");
    snprintf(sum, sizeof sum, "%016" PRIx64, (uint64_t)XXH3_64bits(bytes + BEFORE_JSON, n - BEFORE_JSON));
    if (memcmp(bytes + sizeof FIRST_LINE - 1, sum, DIGITS) || bytes[BEFORE_JSON - 1] != '\n')
        return err_fail("is damaged: its checksum is another one");
    return OK;
}

/* What must not reach the parser: more items than the entries have, which would take many times the file's memory, and
 * a NUL within a text, which would end it there. */
static struct err check_items(const char *json, size_t n)
{
    const size_t most = 8 + 4 * (size_t)PLAN_FILE_ENTRIES; /* brackets, commas: an entry has 4 */
    size_t items = 0;
    bool in_text = false;
    if (memchr(json, 0, n) || !text_is_utf8(json, n))
        return err_fail("is damaged: it is not UTF-8");
    for (size_t i = 0; i < n; i++) {
        if (json[i] == '"')
            in_text = !in_text;
        else if (in_text && json[i] == '\\' && !strncmp(&json[++i], "u0000", 5))
            return err_fail("is damaged: a text holds a NUL");
        else if (!in_text)
            items += strchr("[{,", json[i]) != NULL;
    }
    return items > most ? err_fail("is damaged: it has more than %d entries", (int)PLAN_FILE_ENTRIES) : OK;
}

static struct err read_plan(const cJSON *plan, struct plan_file *out)
{
    const char *text[3] = {0};
    const cJSON *item = cJSON_IsArray(plan) && cJSON_GetArraySize(plan) == ARRAY_LEN(text) ? plan->child : NULL;
    for (size_t i = 0; i < ARRAY_LEN(text) && item; i++, item = item->next)
        text[i] = cJSON_GetStringValue(item);
    for (size_t i = 0; i < ARRAY_LEN(text); i++)
        if (!text[i])
            return err_fail("is damaged: an entry is not three texts");
    if (out->count && strcmp(out->entry[out->count - 1].signature, text[0]) >= 0)
        return err_fail("is damaged: its signatures are not sorted, or one is there twice");
    return plan_file_put(out, text[0], text[1], text[2]);
}

static struct err read_all(const cJSON *object, struct plan_file *out)
{
    const cJSON *plan, *plans = cJSON_GetObjectItemCaseSensitive(object, "plans");
    const char *key = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "key"));
    if (!key || !cJSON_IsArray(plans) || cJSON_GetArraySize(object) != 2)
        return err_fail("is damaged: it is not an object with a key and plans");
    TRY(plan_file_set_key(out, key));
    cJSON_ArrayForEach(plan, plans)
    {
        TRY(read_plan(plan, out));
    }
    return OK;
}

struct err plan_file_parse(const char *bytes, size_t n, struct plan_file *out)
{
    *out = (struct plan_file){0};
    TRY(check_sum(bytes, n));
    TRY(check_items(bytes + BEFORE_JSON, n - BEFORE_JSON));
    cJSON *object = cJSON_ParseWithLengthOpts(bytes + BEFORE_JSON, n - BEFORE_JSON + 1, NULL, true);
    struct err e = object ? read_all(object, out) : err_fail("is damaged: it is not JSON");
    cJSON_Delete(object);
    if (e.code)
        plan_file_free(out);
    return e;
}
