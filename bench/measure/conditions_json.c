#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "bench/json.h"
#include "bench/measure/conditions.h"

enum kind { COUNT, REAL, TEXT };

static const struct {
    const char *name;
    enum kind kind;
    size_t at;
} rows[] = {
#define CONDITION(name, kind, field) {#name, kind, offsetof(struct conditions, field)},
#include "bench/measure/conditions.def"
#undef CONDITION
};

static void add_count(cJSON *object, const char *name, const void *field)
{
    int64_t value = *(const int64_t *)field;
    if (value >= 0)
        json_add_count(object, name, (uint64_t)value);
    else if (value != CONDITION_UNKNOWN)
        cJSON_AddNumberToObject(object, name, (double)value);
}

static void add_real(cJSON *object, const char *name, const void *field)
{
    if (*(const double *)field > 0)
        cJSON_AddNumberToObject(object, name, *(const double *)field);
}

static void add_text(cJSON *object, const char *name, const void *field)
{
    if (*(const char *)field)
        cJSON_AddStringToObject(object, name, field);
}

/* A number that no counter reaches is none. */
static void read_count(const cJSON *item, void *field)
{
    bool known = cJSON_IsNumber(item) && fabs(item->valuedouble) < 9e18;
    *(int64_t *)field = known ? (int64_t)item->valuedouble : CONDITION_UNKNOWN;
}

static void read_real(const cJSON *item, void *field)
{
    bool known = cJSON_IsNumber(item) && item->valuedouble > 0 && isfinite(item->valuedouble);
    *(double *)field = known ? item->valuedouble : 0;
}

static void read_text(const cJSON *item, void *field)
{
    snprintf(field, CONDITION_TEXT, "%s", cJSON_IsString(item) ? item->valuestring : "");
}

static const struct {
    void (*add)(cJSON *object, const char *name, const void *field);
    void (*read)(const cJSON *item, void *field);
} kinds[] = {[COUNT] = {add_count, read_count}, [REAL] = {add_real, read_real}, [TEXT] = {add_text, read_text}};

void conditions_add(cJSON *object, const struct conditions *c)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        kinds[rows[i].kind].add(object, rows[i].name, (const char *)c + rows[i].at);
}

struct conditions conditions_read(const cJSON *object)
{
    struct conditions c = {0};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        kinds[rows[i].kind].read(cJSON_GetObjectItemCaseSensitive(object, rows[i].name), (char *)&c + rows[i].at);
    return c;
}
