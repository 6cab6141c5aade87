/* How sure the total of a launch's calls is. */
#ifndef SDBENCH_BENCH_COMPARE_SPREAD_H
#define SDBENCH_BENCH_COMPARE_SPREAD_H

#include "bench/profile/profile.h"

/* Of the calls of each kernel: standard deviation by mean, robust against outliers. */
struct spread {
    double *share; /* of each kernel of the profile */
    double usual;  /* the median of those with enough calls; 0 where none has */
};
struct err spread_make(const struct profile *p, int fewest_calls, struct spread *out);
void spread_free(struct spread *s);

/* Standard error of what kernel i takes in a repetition, in nanoseconds. */
double spread_error_ns(const struct spread *s, const struct profile *p, int i);

#endif
