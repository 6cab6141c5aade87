#include "tests/support/phases.h"

#include <criterion/criterion.h>
#include <string.h>

static double number(const cJSON *object, const char *field)
{
    const cJSON *x = cJSON_GetObjectItemCaseSensitive(object, field);
    return cJSON_IsNumber(x) ? x->valuedouble : -1;
}

void phases_are_exact(const cJSON *json, const char *const *names)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(json, "phases"), *phase;
    double left = number(json, "time_ns") - number(json, "unaccounted_ns"), begin = 0;
    int i = 0;
    cr_assert(cJSON_IsArray(list));
    cr_expect_geq(number(json, "unaccounted_ns"), 0);
    cJSON_ArrayForEach(phase, list)
    {
        const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(phase, "name"));
        cr_assert(name && names[i], "phase %s is too much", name);
        cr_expect_str_eq(name, names[i]);
        cr_expect_geq(number(phase, "begin_ns"), begin, "%s", name);
        cr_expect_geq(number(phase, "time_ns"), 0, "%s", name);
        cr_expect_geq(number(phase, "entries"), 1, "%s", name);
        begin = number(phase, "begin_ns");
        left -= number(phase, "time_ns");
        i++;
    }
    cr_expect_null(names[i], "there is no phase %s", names[i]);
    cr_expect_eq(left, 0, "%.0f ns are nowhere", left);
}

const cJSON *phases_find(const cJSON *json, const char *name)
{
    const cJSON *phase, *found = NULL;
    cJSON_ArrayForEach(phase, cJSON_GetObjectItemCaseSensitive(json, "phases"))
    {
        const char *own = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(phase, "name"));
        found = own && !strcmp(own, name) ? phase : found;
    }
    cr_assert(found, "there is no phase %s", name);
    return found;
}

double phases_number(const cJSON *json, const char *name, const char *field)
{
    return number(phases_find(json, name), field);
}
