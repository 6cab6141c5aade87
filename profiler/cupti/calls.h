/* What a trace calls of CUPTI. */
#ifndef SDBENCH_CUPTI_CALLS_H
#define SDBENCH_CUPTI_CALLS_H

#include "profiler/cupti/compat.h"
#include "profiler/cupti/library.h"
#include "profiler/cupti/result.h"

struct cupti {
#define FUNCTION(name, needed) __typeof__(cupti##name) *name;
#include "profiler/cupti/functions.def"
#undef FUNCTION
    uint32_t version; /* of the library: as CUPTI_API_VERSION */
};

/* ERR_ABSENT with one line where there is no driver, no library, or one that is older than the header; quickly where
 * there is no driver. */
struct err cupti_load(struct cupti *out);

/* The step of it behind the libraries, for tests. */
struct err cupti_from(const struct library *l, struct cupti *out);

/* OK, or ERR_ABSENT with one line. */
struct err cupti_check(const struct cupti *c, CUptiResult result, const char *doing);

#endif
