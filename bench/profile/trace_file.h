/* The trace of a process as a file for Perfetto. */
#ifndef SDBENCH_BENCH_PROFILE_TRACE_FILE_H
#define SDBENCH_BENCH_PROFILE_TRACE_FILE_H

#include "profiler/sensors/sensors.h"
#include "profiler/trace/trace.h"

struct generation;

/* To --trace-file, with at most --trace-steps steps; what the sensors read meanwhile (NULL: nothing) as counters. */
struct err trace_file_write(const struct generation *g, const struct trace *trace, struct sensors *sensors);

#endif
