/* How long all processors together have been busy since boot: the "cpu" lines of /proc/stat. */
#ifndef SDBENCH_BENCH_PROC_STAT_H
#define SDBENCH_BENCH_PROC_STAT_H

#include <stdint.h>

/* All 0 where unknown. In a container the counts are still the whole machine's. */
struct processor_time {
    int64_t busy_ticks;   /* of all processors: user, nice, system, irq, softirq, and what a hypervisor took */
    int64_t stolen_ticks; /* of these, what a hypervisor gave to other machines */
    int processors;       /* online */
};

enum { BUSY_COUNTERS = 6 }; /* that busy_ticks is the sum of: each is cut to a whole tick */

/* A tick of these counters: 10 ms on Linux, whatever the rate of its timer. */
int64_t proc_stat_tick_ns(void);

/* From the text of the file, up to some part of the first line that is no "cpu" line. A text that ends before that
 * line, that lacks a counter, or whose counters no machine can reach is unknown. */
struct processor_time proc_stat_parse(const char *text);

struct processor_time proc_stat_read(void);

#endif
