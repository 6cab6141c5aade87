/* What sensors say of a span of time, as a member "sensors" of a record: fields of profiler/sensors/summary.def, shares
 * of the time by profiler/sensors/throttles.def ("power_cap_share"), readings, and energy_unknown, the reason. A field
 * that is not known is absent; without any, so is the member. */
#ifndef SDBENCH_BENCH_MEASURE_SENSORS_JSON_H
#define SDBENCH_BENCH_MEASURE_SENSORS_JSON_H

#include "profiler/sensors/sensors.h"

#include <cjson/cJSON.h>

void sensors_json_add(cJSON *record, const struct sensor_summary *s);
struct sensor_summary sensors_json_read(const cJSON *record);

/* For the record of a run: "sensors_known" and "sensors_unknown", lists in words with the reasons, and sensors_cost_ns,
 * the mean of a reading so far. */
void sensors_json_describe(cJSON *record, struct sensors *s);

#endif
