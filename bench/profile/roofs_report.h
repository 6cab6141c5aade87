/* The machine's peaks, measured in the process whose times they are held beside: {"profile": record} of kind roof. */
#ifndef SDBENCH_BENCH_PROFILE_ROOFS_REPORT_H
#define SDBENCH_BENCH_PROFILE_ROOFS_REPORT_H

#include "pipeline/base/error.h"

struct generation;

/* Through the open backend, in the dtypes that its variant multiplies. Nothing where it computes nothing. */
struct err roofs_report(struct generation *g);

#endif
