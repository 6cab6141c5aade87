/* Time, and who used the processors meanwhile. */
#ifndef SDBENCH_BENCH_USAGE_H
#define SDBENCH_BENCH_USAGE_H

#include <stdbool.h>
#include <stdint.h>

struct usage {
    int64_t time_ns;    /* of pipeline/base/clock.h */
    int64_t own_ns;     /* CPU time of this process, all threads */
    int64_t machine_ns; /* CPU time of all processors since boot, with what a hypervisor took; 0 where unknown */
};

/* Before and after what is measured: the clock is read last and first. */
struct usage usage_begin(void);
struct usage usage_end(void);

/* The share, 0 to 1, of the machine's processors that others used between two readings. False where it cannot be told:
 * the kernel counts in steps of 10 ms, so short spans say nothing. */
bool usage_others(const struct usage *begin, const struct usage *end, double *ratio);

/* The largest part of memory that this process ever held. 0 where unknown. */
uint64_t usage_peak_resident_bytes(void);

#endif
