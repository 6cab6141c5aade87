/* What CUPTI answers, as one line that says what to do. */
#ifndef SDBENCH_CUPTI_METRICS_RESULT_H
#define SDBENCH_CUPTI_METRICS_RESULT_H

#include <cupti_result.h>

#include "pipeline/base/error.h"

enum {
#define RESULT(number, name, what, remedy) RESULT_##name = number,
#include "profiler/cupti/metrics/results.def"
#undef RESULT
};

/* OK for CUPTI_SUCCESS. `call` is the function that answered. */
struct err metrics_result(int result, enum err_code code, const char *call);

#endif
