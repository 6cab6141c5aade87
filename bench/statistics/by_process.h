/* Samples of one process are not independent of each other: what repeats is the process. */
#ifndef SDBENCH_BENCH_STATISTICS_BY_PROCESS_H
#define SDBENCH_BENCH_STATISTICS_BY_PROCESS_H

/* In place: the samples of a process, which lie together, become their median, with the process and round of the first.
 * How many there are then. */
int medians_by_process(double *value, int *process, int *round, int n);

#endif
