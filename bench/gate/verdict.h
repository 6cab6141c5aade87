/* What a comparison can say, and how an interval says it. */
#ifndef SDBENCH_BENCH_GATE_VERDICT_H
#define SDBENCH_BENCH_GATE_VERDICT_H

#include "bench/statistics/t_interval.h"
#include "pipeline/base/error.h"

enum verdict {
    VERDICT_FASTER,
    VERDICT_SLOWER,
    VERDICT_SAME,
    VERDICT_AMBIGUOUS,
    VERDICT_NEW,
    VERDICT_GONE,
    VERDICT_INSUFFICIENT,
    VERDICT_INVALID,
    VERDICTS
};

struct verdict_word {
    const char *name;   /* "SLOWER" */
    enum err_code exit; /* of a gate that ends with it */
    const char *words;  /* what it means, for a person */
};

/* Indexed by enum verdict. */
extern const struct verdict_word verdict_words[VERDICTS];

/* Of two exit codes, the one that a run with several rows ends with: ERR_MISMATCH before ERR_INVALID, this before any
 * other, and ERR_NONE last. */
enum err_code worst_exit(enum err_code a, enum err_code b);

/* A difference that is smaller than either does not count. */
struct floors {
    double share; /* of the base's time: 0.01 is 1 % */
    double ns;    /* 0: none */
};

/* The larger of the two floors, as a logarithm of a ratio to a base of so many nanoseconds. */
double margin_of(const struct floors *f, double base_ns);

/* SLOWER where the interval of log(new / base) lies wholly above the margin, FASTER where wholly below its negative,
 * SAME where wholly between them, else AMBIGUOUS; INSUFFICIENT where it is not known. */
enum verdict verdict_of_interval(const struct t_interval *log_ratio, double margin);

/* 0.02 of log(1.02): the change of time that a log ratio is. */
double change_of(double log_ratio);

enum { FEWEST_PROCESSES = 4 };

struct unpaired {
    enum verdict verdict;
    double base_ns, new_ns;   /* medians (of the logarithms); 0 where not compared */
    double change, low, high; /* new / base - 1 and its 95 % interval (infinite where unknown) */
    double margin;            /* the larger floor, as a share */
    char reason[160];         /* one line */
};

/* Two runs at different times, by their processes' medians in any order: Welch's 95 % interval of the difference of
 * mean logarithms. What the machine did between the runs is in it, so it can describe and cannot gate. Without values
 * on one side NEW or GONE, below FEWEST_PROCESSES on a side INSUFFICIENT; a time that is not above 0 makes it INVALID.
 */
struct err verdict_unpaired(const double *base_ns, int base_n, const double *new_ns, int new_n, struct floors floors,
                            struct unpaired *out);

#endif
