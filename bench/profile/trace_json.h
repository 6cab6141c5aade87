/* A trace as records of a profile (bench/profile/profile.h). Each is a new object without the fields that all records
 * have; NULL without memory. */
#ifndef SDBENCH_BENCH_PROFILE_TRACE_JSON_H
#define SDBENCH_BENCH_PROFILE_TRACE_JSON_H

#include "profiler/account/account.h"
#include "profiler/occupancy/occupancy.h"
#include "profiler/rows/rows.h"

#include <cjson/cJSON.h>

/* What is needed for occupancy; calculator NULL: it is not known. */
struct occupancy_source {
    const struct occupancy_calculator *calculator;
    struct occupancy_device device;
};
cJSON *kernel_json(const struct trace *t, const struct trace_row *row, const struct occupancy_source *occupancy);
cJSON *host_json(const struct trace *t, const struct trace_host_row *row);
cJSON *step_json(const struct trace *t, const struct trace_step *step);
cJSON *account_json(const struct trace *t, int32_t repetition, const struct account *a);

#endif
