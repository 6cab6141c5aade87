#include "bench/phase_json.h"

#include <string.h>

#include "bench/json.h"

static cJSON *phase_object(enum phase p, const struct phase_time *t, int64_t since_ns)
{
    cJSON *phase = cJSON_CreateObject();
    cJSON_AddStringToObject(phase, "name", phases[p].title);
    json_add_count(phase, "begin_ns", (uint64_t)(t->begin_ns - since_ns));
    json_add_count(phase, "time_ns", (uint64_t)t->time_ns);
    json_add_count(phase, "entries", t->entries);
    if (t->bytes)
        json_add_count(phase, "bytes", t->bytes);
    if (phases[p].counts_faults) {
        json_add_count(phase, "major_faults", (uint64_t)t->major_faults);
        json_add_count(phase, "minor_faults", (uint64_t)t->minor_faults);
    }
    return phase;
}

void phase_json_add(cJSON *to, const struct phase_time *phase, int64_t since_ns, int64_t unaccounted_ns)
{
    cJSON *list = cJSON_AddArrayToObject(to, "phases");
    for (enum phase p = 0; p < PHASE_COUNT; p++)
        if (phase[p].entries)
            cJSON_AddItemToArray(list, phase_object(p, &phase[p], since_ns));
    json_add_count(to, "unaccounted_ns", (uint64_t)unaccounted_ns);
}

static bool phase_named(const char *title, enum phase *out)
{
    for (*out = 0; *out < PHASE_COUNT; ++*out)
        if (!strcmp(phases[*out].title, title))
            return true;
    return false;
}

void phase_json_read(const cJSON *from, struct phase_time *phase, int64_t *unaccounted_ns)
{
    const cJSON *item;
    enum phase p;
    cJSON_ArrayForEach(item,
                       cJSON_GetObjectItemCaseSensitive(from, "phases")) if (phase_named(json_string(item, "name"), &p))
        phase[p] = (struct phase_time){.begin_ns = (int64_t)json_number(item, "begin_ns"),
                                       .time_ns = (int64_t)json_number(item, "time_ns"),
                                       .entries = (uint64_t)json_number(item, "entries"),
                                       .bytes = (uint64_t)json_number(item, "bytes"),
                                       .major_faults = (int64_t)json_number(item, "major_faults"),
                                       .minor_faults = (int64_t)json_number(item, "minor_faults")};
    *unaccounted_ns = (int64_t)json_number(from, "unaccounted_ns");
}
