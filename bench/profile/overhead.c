#include "bench/profile/overhead.h"

#include <stdlib.h>
#include <string.h>

#include "bench/json.h"
#include "bench/statistics/summary.h"

enum { MOST = 4096 };

static int read_times(const cJSON *list, double out[MOST])
{
    const cJSON *item;
    int n = 0;
    cJSON_ArrayForEach(item, list) if (n < MOST && cJSON_IsNumber(item)) out[n++] = item->valuedouble;
    return n;
}

static int timing_samples(const struct variant_result *v, double out[MOST])
{
    int n = 0;
    for (int i = 0; i < v->samples && n < MOST; i++)
        if (v->sample[i].state == STATE_W1 && v->sample[i].round >= 0 && v->sample[i].validity != SAMPLE_INVALID)
            out[n++] = (double)v->sample[i].time_ns;
    return n;
}

static double median(double *value, int n)
{
    sort_ascending(value, n);
    return median_of(value, n);
}

/* 0 where it is not known. */
static double ratio_of(double *traced, int n_traced, double *timing, int n_timing, bool paired)
{
    if (!n_traced || !n_timing)
        return 0;
    if (!paired || n_traced != n_timing)
        return median(traced, n_traced) / median(timing, n_timing);
    for (int i = 0; i < n_traced; i++)
        traced[i] /= timing[i];
    return median(traced, n_traced);
}

static void check_pictures(cJSON *record, const struct variant_result *v)
{
    const uint64_t hash = json_hash(record, "pixels_hash");
    if (strcmp(json_string(record, "validity"), "valid"))
        return;
    for (int i = 0; i < v->outputs; i++)
        if (!v->expected[i].cold && v->expected[i].choice_hash == v->facts.choice_hash &&
            v->expected[i].pixels_hash != hash) {
            cJSON_ReplaceItemInObjectCaseSensitive(record, "validity", cJSON_CreateString("invalid"));
            cJSON_AddStringToObject(record, "reason", "traced runs made other pictures than untraced ones");
            return;
        }
}

/* What decides: the cost of telling of a launch where it is known by itself, since two runs differ by what else the
 * machine does, too; else by how much they differ. */
static double cost_of(const cJSON *record, double *timing, int n_timing, double difference)
{
    const double told_ns = json_number(record, "callback_ns") * json_number(record, "launches");
    return told_ns > 0 ? told_ns / median(timing, n_timing) : difference;
}

void overhead_add(cJSON *record, const struct variant_result *v)
{
    double traced[MOST], timing[MOST];
    cJSON *list = cJSON_GetObjectItemCaseSensitive(record, "timing_ns");
    int n_traced = read_times(cJSON_GetObjectItemCaseSensitive(record, "traced_ns"), traced);
    int n_timing = read_times(list, timing);
    const bool paired = n_timing > 0;
    check_pictures(record, v);
    if (!paired) {
        n_timing = timing_samples(v, timing);
        for (int i = 0; i < n_timing; i++)
            cJSON_AddItemToArray(list, cJSON_CreateNumber(timing[i]));
    }
    const double ratio = ratio_of(traced, n_traced, timing, n_timing, paired);
    if (ratio <= 0)
        return;
    cJSON_AddNumberToObject(record, "overhead_ratio", ratio - 1);
    cJSON_AddBoolToObject(record, "relative_only", cost_of(record, timing, n_timing, ratio - 1) > OVERHEAD_LIMIT);
}
