/* Foreign load: the share of the machine's processors that others used while a sample was measured.
 *
 *     share = max(busy - own, stolen) / (wall time * processors)
 *
 * busy is what all processors did (/proc/stat), own the CPU time of the measured process, which counts it itself up to
 * the end of the sample (its parent only waits). Time that a hypervisor gave to other machines disturbs as a process
 * does; it is told apart as well, and a kernel that counts it as the process's own does not hide it. The whole machine
 * counts, also where this process may use a part of it: memory bandwidth, caches and clocks are shared by all.
 *
 * The counts are coarse, so short samples are not judged. Each processor counts to a whole tick (10 ms), and each of
 * the six counters of the sum is cut to a whole tick; between two readings each of these may be wrong by one tick.
 * Together that is a share of up to
 *
 *     (processors + 6) * tick / (processors * wall time)
 *
 * which has to be below the limit of 3 %: 2.3 s on one processor, 1.3 s on two, 0.6 s on eight, 0.4 s on 64. (A kernel
 * that looks at each tick who is running also errs by chance, the less the longer the sample.)
 *
 * `nice` may not keep others away: with /proc/sys/kernel/sched_autogroup_enabled at 1 it counts only among processes of
 * one session. A timed run is protected by `setsid` and a lower number in its /proc/self/autogroup (`sdbench doctor`).
 */
#ifndef SDBENCH_BENCH_MEASURE_FOREIGN_H
#define SDBENCH_BENCH_MEASURE_FOREIGN_H

#include "bench/usage.h"

#include <stdbool.h>

#define FOREIGN_LIMIT 0.03 /* a sample with a larger share is marked */

struct foreign {
    bool known, disturbed;      /* disturbed: the share is above the limit */
    double share, stolen_share; /* 0 to 1, where known */
    char reason[128];           /* why it is unknown or disturbed, else "" */
};
struct foreign foreign_of(const struct usage *begin, const struct usage *end);

/* The shortest sample that is judged. */
int64_t foreign_shortest_ns(int processors);

#endif
