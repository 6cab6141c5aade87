/* Tells whether another timed run is on the machine. Each run holds a shared lock on one file for as long as it lasts,
 * which keeps nobody from anything; whoever asks whether the file could be locked for himself alone learns that others
 * are there. Each run also touches the file when it begins, so that one that came and went within a sample shows. A run
 * that is killed leaves no lock behind, since the kernel holds it with the opened file.
 *
 * The file is SDBENCH_LOCK, else /tmp/sdbench-timed-run.lock; all users share it. Containers see each other only where
 * they share that file. */
#ifndef SDBENCH_BENCH_MEASURE_LOCK_H
#define SDBENCH_BENCH_MEASURE_LOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Of this run. */
struct lock {
    int fd; /* -1: others are unknown */
    char path[512];
    char reason[768]; /* why they are, one line; else "" */
};

/* Never fails: a lock that cannot be had is unknown. */
void lock_open(struct lock *l);
void lock_close(struct lock *l); /* legal twice */

enum lock_answer { LOCK_NO, LOCK_YES, LOCK_UNKNOWN };

/* How it was at the beginning of a sample. */
struct lock_mark {
    enum lock_answer others; /* timed runs at that moment */
    int64_t touched_ns;      /* when the last run began */
};
struct lock_mark lock_mark(const struct lock *l);

/* Whether another timed run was on the machine at some time since the mark. */
enum lock_answer lock_disturbed(const struct lock *l, struct lock_mark since);

#endif
