#include "bench/record/record.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

cJSON *record_begin(const char *kind, const char *run, const char *variant, const char *backend, const char *workload)
{
    struct timespec now = {0};
    char time_text[RECORD_TIME_SIZE];
    clock_gettime(CLOCK_REALTIME, &now);
    record_time_text(now, time_text);
    cJSON *record = cJSON_CreateObject();
    cJSON_AddNumberToObject(record, "schema", RECORD_SCHEMA);
    cJSON_AddStringToObject(record, "kind", kind);
    cJSON_AddStringToObject(record, "run", run);
    cJSON_AddStringToObject(record, "variant", variant);
    cJSON_AddStringToObject(record, "backend", backend);
    cJSON_AddStringToObject(record, "workload", workload);
    cJSON_AddStringToObject(record, "time", time_text);
    return record;
}

void record_time_text(struct timespec at, char out[RECORD_TIME_SIZE])
{
    struct tm utc = {0};
    gmtime_r(&at.tv_sec, &utc);
    size_t n = strftime(out, RECORD_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(out + n, RECORD_TIME_SIZE - n, ".%03uZ", (unsigned)(at.tv_nsec / 1000000) % 1000);
}

/* Puts the name of a member, or the index of an element, before what stands in *where. */
static void prepend(struct text *where, const cJSON *item, int index)
{
    struct text whole = {0};
    if (item->string)
        text_add(&whole, "%.64s", item->string);
    else
        text_add(&whole, "[%d]", index);
    if (where->length)
        text_add(&whole, "%s%s", *where->bytes == '[' ? "" : ".", where->bytes);
    text_free(where);
    *where = whole;
}

bool record_is_not_finite(const cJSON *record, struct text *where)
{
    const cJSON *item;
    int index = 0;
    cJSON_ArrayForEach(item, record)
    {
        if ((cJSON_IsNumber(item) && !isfinite(item->valuedouble)) || record_is_not_finite(item, where)) {
            prepend(where, item, index);
            return true;
        }
        index++;
    }
    return false;
}
