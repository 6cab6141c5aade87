#include "bench/measure/sensors_json.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>

#include "bench/json.h"

static const struct {
    const char *name;
    size_t at;
} fields[] = {
#define SUMMARY(name) {#name, offsetof(struct sensor_summary, name)},
#include "profiler/sensors/summary.def"
#undef SUMMARY
#define THROTTLE(name, bit, words) \
    {#name "_share", offsetof(struct sensor_summary, throttle_share) + THROTTLE_##name * sizeof(double)},
#include "profiler/sensors/throttles.def"
#undef THROTTLE
};

static double *field_of(struct sensor_summary *s, size_t i)
{
    return (double *)((char *)s + fields[i].at);
}

void sensors_json_add(cJSON *record, const struct sensor_summary *s)
{
    struct sensor_summary copy = *s;
    cJSON *object = cJSON_CreateObject();
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (isfinite(*field_of(&copy, i)))
            cJSON_AddNumberToObject(object, fields[i].name, *field_of(&copy, i));
    if (!object || !object->child) {
        cJSON_Delete(object);
        return;
    }
    cJSON_AddBoolToObject(object, "gpu", s->is_gpu);
    cJSON_AddNumberToObject(object, "readings", s->readings);
    json_add_count(object, "window_ns", (uint64_t)s->window_ns);
    if (*s->energy_unknown)
        cJSON_AddStringToObject(object, "energy_unknown", s->energy_unknown);
    cJSON_AddItemToObject(record, "sensors", object);
}

/* A number that no sensor tells is none: all are from 0 on, but for a temperature. */
static double read_field(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    bool known = cJSON_IsNumber(item) && item->valuedouble > -300 && item->valuedouble < 1e18;
    return known ? item->valuedouble : NAN;
}

struct sensor_summary sensors_json_read(const cJSON *record)
{
    const cJSON *object = cJSON_GetObjectItemCaseSensitive(record, "sensors");
    double readings = json_number(object, "readings"), window_ns = json_number(object, "window_ns");
    struct sensor_summary s;
    sensor_summary_unknown(&s, window_ns > 0 && window_ns < 9e18 ? (int64_t)window_ns : 0,
                           json_string(object, "energy_unknown"));
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        *field_of(&s, i) = read_field(object, fields[i].name);
    s.is_gpu = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, "gpu"));
    s.readings = readings > 0 && readings < 1e9 ? (int)readings : 0;
    return s;
}

void sensors_json_describe(cJSON *record, struct sensors *s)
{
    struct text known = {0}, unknown = {0};
    struct sensors_cost cost = sensors_cost(s);
    sensors_describe(s, &known, &unknown);
    if (known.length)
        cJSON_AddStringToObject(record, "sensors_known", text_get(&known));
    if (unknown.length)
        cJSON_AddStringToObject(record, "sensors_unknown", text_get(&unknown));
    if (cost.readings)
        json_add_count(record, "sensors_cost_ns", (uint64_t)cost.mean_ns);
    text_free(&known);
    text_free(&unknown);
}
