/* The middle of some times, and how sure it is. */
#ifndef SDBENCH_BENCH_MEASURE_STATISTICS_H
#define SDBENCH_BENCH_MEASURE_STATISTICS_H

#include <stdbool.h>
#include <stdint.h>

enum { FEWEST_FOR_INTERVAL = 6 };

struct summary {
    int n;
    double median, low, high; /* all 0 where n is 0 */
    bool is_interval;         /* low and high are a 95 % interval of the median; otherwise smallest and largest */
};

/* Of n ascending values. The interval takes no shape of the distribution for granted: it runs from the k-th smallest to
 * the k-th largest value, and misses the median with the probability that fewer than k of n fair coins fall on one
 * side. Below six values no k makes that 5 % or less. */
struct summary summary_of(const int64_t *ascending, int n);

#endif
