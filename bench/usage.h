/* Time, and who used the processors meanwhile. */
#ifndef SDBENCH_BENCH_USAGE_H
#define SDBENCH_BENCH_USAGE_H

#include "bench/proc_stat.h"

#include <stdint.h>

struct usage {
    int64_t time_ns; /* of pipeline/base/clock.h */
    int64_t own_ns;  /* CPU time of this process, all threads */
    struct processor_time machine;
};

/* Before and after what is measured: the clock is read last and first. */
struct usage usage_begin(void);
struct usage usage_end(void);

/* CPU time of this process and of all that it started and has waited for. */
int64_t usage_family_ns(void);

/* The largest part of memory that this process ever held. 0 where unknown. */
uint64_t usage_peak_resident_bytes(void);

#endif
