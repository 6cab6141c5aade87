#include "bench/measure/sample.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench/json.h"
#include "bench/phase_json.h"

const char *const validity_names[] = {"valid", "disturbed", "invalid"};

bool sample_is_cold(const struct sample *s)
{
    return s->state->cold;
}

int64_t sample_time_ns(const struct sample *s)
{
    return s->end.time_ns - s->begin.time_ns;
}

int64_t sample_with_write_ns(const struct sample *s)
{
    return sample_time_ns(s) + (sample_is_cold(s) ? 0 : s->write_ns);
}

int64_t sample_without_write_ns(const struct sample *s)
{
    return sample_time_ns(s) - (sample_is_cold(s) ? s->write_ns : 0);
}

void sample_judge(struct sample *s, enum validity v, const char *format, ...)
{
    if (v <= s->validity)
        return;
    va_list list;
    va_start(list, format);
    vsnprintf(s->reason, sizeof s->reason, format, list);
    va_end(list);
    s->validity = v;
}

static struct usage read_usage(const cJSON *report, const char *name)
{
    const cJSON *u = cJSON_GetObjectItemCaseSensitive(report, name);
    return (struct usage){.time_ns = (int64_t)json_number(u, "time_ns"),
                          .own_ns = (int64_t)json_number(u, "own_ns"),
                          .machine = {(int64_t)json_number(u, "busy_ticks"), (int64_t)json_number(u, "stolen_ticks"),
                                      (int)json_number(u, "processors")}};
}

void sample_read(struct sample *s, const cJSON *report)
{
    s->begin = read_usage(report, "begin");
    s->end = read_usage(report, "end");
    s->write_ns = (int64_t)json_number(report, "write_ns");
    s->before = conditions_read(cJSON_GetObjectItemCaseSensitive(report, "before"));
    s->after = conditions_read(cJSON_GetObjectItemCaseSensitive(report, "after"));
    s->peak_resident_bytes = (uint64_t)json_number(report, "peak_resident_bytes");
    s->pixels_hash = json_hash(report, "pixels_hash");
    s->latents_hash = json_hash(report, "latents_hash");
    s->settled = !cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(report, "settled"));
    phase_json_read(report, s->phase, &s->unaccounted_ns);
}
