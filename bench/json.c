#include "bench/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct err json_print(cJSON *json)
{
    char *text = cJSON_Print(json);
    cJSON_Delete(json);
    if (!text)
        return err_fail("out of memory for the result as JSON");
    puts(text);
    cJSON_free(text);
    return OK;
}

cJSON *json_count(uint64_t value)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRIu64, value);
    return cJSON_CreateRaw(digits);
}

void json_add_count(cJSON *object, const char *name, uint64_t value)
{
    cJSON_AddItemToObject(object, name, json_count(value));
}

void json_add_ns(cJSON *object, const char *name, double ns)
{
    json_add_count(object, name, ns > 0 ? (uint64_t)(ns < 0x1p62 ? ns + 0.5 : 0x1p62) : 0);
}

void json_add_hash(cJSON *object, const char *name, uint64_t value)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%016" PRIx64, value);
    cJSON_AddStringToObject(object, name, digits);
}

double json_number(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

const char *json_string(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsString(item) ? item->valuestring : "";
}

uint64_t json_hash(const cJSON *object, const char *name)
{
    return strtoull(json_string(object, name), NULL, 16);
}
