/* Where the cold starts of a gate's rounds differ, phase by phase: for information, no verdict rests on it. */
#ifndef SDBENCH_BENCH_GATE_ADVICE_H
#define SDBENCH_BENCH_GATE_ADVICE_H

#include "bench/measure/result.h"
#include "bench/statistics/t_interval.h"

struct advice_row {
    const char *title;      /* "cold start", or a phase */
    double base_ns, new_ns; /* medians */
    struct t_interval d;    /* of log(new / base) over rounds, 95 % */
    double p, q;            /* exact sign-flip test; Benjamini-Hochberg over all rows */
};

enum { MAX_ADVICE = PHASE_COUNT + 1 };

struct advice {
    struct advice_row row[MAX_ADVICE]; /* the whole first; phases that take at least 1 % of it */
    int rows;
};

struct err advice_make(const struct variant_result *base, const struct variant_result *new, struct advice *out);

#endif
