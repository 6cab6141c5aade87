/* What a process that is measured does behind its first pictures: `generate --then LIST`.
 *
 *     settle    warm-up runs, until their times settle (bench/rules/warm_up.h)
 *     W1:N      N warm samples
 *     W0        one after --idle seconds of doing nothing
 *     C4        a new pipeline in this process, from opening it to a picture on disk
 *     cost      what measuring costs in a warm run: runs with and without it, in turns
 *     T:N       N runs that are traced (--trace; bench/profile/traced.h)
 *     M         one whose device's counters are read (bench/profile/counted.h)
 *     roofs     the peaks of products and copies on this machine (profiler/roof) */
#ifndef SDBENCH_BENCH_GENERATE_SERIES_H
#define SDBENCH_BENCH_GENERATE_SERIES_H

#include "pipeline/base/error.h"

#include <stddef.h>

enum series_kind { SERIES_SETTLE, SERIES_W1, SERIES_W0, SERIES_C4, SERIES_COST, SERIES_TRACE, SERIES_COUNT, SERIES_ROOFS, SERIES_KINDS };

struct series_item {
    enum series_kind kind;
    int count;
};

enum { MAX_SERIES = 16 };
struct series {
    struct series_item item[MAX_SERIES];
    int items;
};

/* NULL and "" are no items. */
struct err series_parse(const char *list, struct series *out);

#endif
