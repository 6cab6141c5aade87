/* What CUPTI answers, as one line: what is in the way, and what helps. */
#ifndef SDBENCH_CUPTI_RESULT_H
#define SDBENCH_CUPTI_RESULT_H

#include <cupti.h>

#include "pipeline/base/error.h"

enum {
#define RESULT(number, name, what, remedy) RESULT_##name = number,
#include "profiler/cupti/results.def"
#undef RESULT
};

/* OK for CUPTI_SUCCESS. `doing`: what was asked of it, or the function that answered. name_of, which may be NULL, names
 * results that the table has not. */
struct err cupti_result(int result, enum err_code code, const char *doing, __typeof__(cuptiGetResultString) *name_of);

#endif
