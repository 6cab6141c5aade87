/* A process whose device's counters are read: `generate --metrics --then M`. Each replayed stage run is a range, and of
 * what is launched one by one each launch of a first and a second step: what comes later is the same. It reports
 * {"profile": record} of kind metrics (bench/profile/profile.h). Its times mean nothing: each range is waited for. */
#ifndef SDBENCH_BENCH_PROFILE_COUNTED_H
#define SDBENCH_BENCH_PROFILE_COUNTED_H

#include "bench/options.h"

struct generation;

/* One warm run with its ranges, reported. ERR_ABSENT where the counters cannot be read, with what to change. */
struct err counted_run(struct generation *g);

#endif
