/* Fisher's randomisation test of differences: if nothing differs, each could as well have had the other sign. */
#ifndef SDBENCH_BENCH_STATISTICS_SIGN_FLIP_H
#define SDBENCH_BENCH_STATISTICS_SIGN_FLIP_H

#include <stdbool.h>
#include <stdint.h>

enum { MOST_FOR_SIGN_FLIP = 24 };

struct sign_flip {
    bool known;       /* false for no values, or for more than MOST_FOR_SIGN_FLIP: then nothing is computed */
    uint64_t extreme; /* choices of signs whose sum is as far from 0 as that of the values, or farther: both sides */
    uint64_t all;     /* 2^n */
    double p;         /* extreme / all */
};

/* Exact: over all choices of signs. */
struct sign_flip sign_flip_test(const double *values, int n);

#endif
