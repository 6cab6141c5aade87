/* The conditions under which a process runs, where they can change a time: what came from the disk, faults, clocks,
 * throttling, priority, limits and memory. Read at the begin and the end of a sample; what counts is counted from the
 * process's begin or the machine's boot, so that the difference of two readings is the sample's. */
#ifndef SDBENCH_BENCH_MEASURE_CONDITIONS_H
#define SDBENCH_BENCH_MEASURE_CONDITIONS_H

#include <cjson/cJSON.h>
#include <stdint.h>

#define CONDITION_UNKNOWN INT64_MIN

enum { CONDITION_TEXT = 24 };

/* Counts are CONDITION_UNKNOWN, other numbers 0 and texts "" where they are not known. */
struct conditions {
    int64_t disk_read_bytes;            /* of this process, from a device and not from the page cache */
    int64_t major_faults, minor_faults; /* of this process: with and without reading from a disk */
    double clock_hz;                    /* mean of some CPUs that this process may use, at most CLOCK_CPUS */
    char governor[CONDITION_TEXT];      /* of the first of them: "performance" */
    int64_t throttle_events;            /* since boot, all CPUs that are looked at, at most THROTTLE_CPUS */
    int64_t autogroup_enabled;          /* 1: `nice` counts only among the processes of one session */
    int64_t autogroup_nice;             /* the session's; unknown outside of any */
    int64_t nice;
    char scheduler[CONDITION_TEXT];  /* "other", "batch", "idle", "fifo", "rr", "deadline" */
    double cgroup_cores;             /* CPU time a second that the cgroup may use; 0: no limit is known */
    int64_t memory_free_bytes;       /* that can be had without swapping */
    char huge_pages[CONDITION_TEXT]; /* transparent ones: "always", "madvise", "never" */
};

enum { CLOCK_CPUS = 8, THROTTLE_CPUS = 64 }; /* each takes microseconds */

/* Far less than a millisecond. (A kernel before 5.18 may sleep 10 ms before it tells a clock, once: read before the
 * first and after the last time stamp of a sample.) */
struct conditions conditions_now(void);

/* Members of an object; what is unknown is left out. */
void conditions_add(cJSON *object, const struct conditions *c);
struct conditions conditions_read(const cJSON *object);

#endif
