/* Random numbers that a logged seed brings back: splitmix64 (Steele, Lea & Flood, OOPSLA 2014). */
#ifndef SDBENCH_BENCH_STATISTICS_DRAW_H
#define SDBENCH_BENCH_STATISTICS_DRAW_H

#include <stdint.h>

struct draw {
    uint64_t state; /* begin with the seed */
};

uint64_t draw_bits(struct draw *d);

/* 0 <= x < 1. */
double draw_uniform(struct draw *d);

/* Mean 0, variance 1. */
double draw_normal(struct draw *d);

/* 0 <= i < n, for small n: the bias is below n / 2^53. */
int draw_below(struct draw *d, int n);

#endif
