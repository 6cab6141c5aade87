/* Two variants, or the same one of two runs, compared by what their records hold. */
#ifndef SDBENCH_BENCH_COMPARE_COMPARISON_H
#define SDBENCH_BENCH_COMPARE_COMPARISON_H

#include "bench/compare/measured_run.h"
#include "bench/gate/verdict.h"

struct comparison {
    const char *base_title, *new_title; /* variants; equal where the runs differ */
    enum state_id state;
    enum verdict verdict;
    bool paired;              /* by the rounds of one run; else two runs, one after the other */
    int base_n, new_n;        /* processes */
    double base_ns, new_ns;   /* medians */
    double change, low, high; /* new / base - 1 and its 95 % interval; infinite where not known */
    double margin;
    struct measured_sensed base_sensed, new_sensed;
    char reason[256];
};

/* Either may be NULL: NEW or GONE. */
struct err comparison_make(const struct measured_variant *base, const struct measured_variant *new, bool same_run,
                           enum state_id state, struct floors floors, struct comparison *out);

/* Why two runs cannot be compared, as one line: another job, processor, device or part of one; OK where they can. */
struct err comparison_check(const struct measured_run *base, const struct measured_run *new);
struct err comparison_check_devices(const struct measured_variant *base, const struct measured_variant *new);

#endif
