/* What the shared object sdbench-cupti.so offers: it is opened on demand. ERR_ABSENT with one line where it was not
 * built, or is of another build. */
#ifndef SDBENCH_PROFILER_FIND_H
#define SDBENCH_PROFILER_FIND_H

#include "profiler/metrics/metrics.h"
#include "profiler/occupancy/occupancy.h"
#include "profiler/trace/source.h"

/* "cupti". */
struct err trace_source_find(const char *name, const struct trace_source **out);
struct err metrics_profiler_find(const struct metrics_profiler **out);
struct err occupancy_calculator_find(const struct occupancy_calculator **out);

#endif
