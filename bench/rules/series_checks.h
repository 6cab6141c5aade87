/* What a person should know of a series of samples before believing its median: drift, samples that hang together, two
 * modes, outliers, spread. These are warnings: none makes a sample invalid, none drops a value. */
#ifndef SDBENCH_BENCH_RULES_SERIES_CHECKS_H
#define SDBENCH_BENCH_RULES_SERIES_CHECKS_H

#include <stdbool.h>

#include "bench/statistics/outliers.h"
#include "pipeline/base/error.h"

struct finding {
    const char *check;   /* name of its row */
    bool known, ok;      /* known: there were enough values to look; ok where not known */
    double value, limit; /* shares, or a correlation; what `text` says in words. value is 0 where not known */
    char text[160];      /* one line where not ok, else "" */
};

/* Times in the order of measuring, and what several checks need of them. */
struct series {
    const double *values, *ascending, *positions; /* positions: 0, 1, ... */
    int n;
    double median;
};

/* A row of the table. `fewest`: with fewer values there is no finding. */
struct series_check {
    const char *name;
    struct err (*look)(const struct series *s, struct finding *f); /* sets value, ok and text; limit is set */
    double limit;
    int fewest;
    const char *words; /* for a person who asks what it looks for */
};

enum { SERIES_CHECKS = 5 };
extern const struct series_check series_checks[SERIES_CHECKS];

/* A finding for each row of the table, in its order. */
struct err series_findings(const double *values, int n, struct finding out[SERIES_CHECKS]);

/* The label of each value, by Tukey's fences, in the order of measuring. */
struct err series_outliers(const double *values, int n, enum outlier *out);

#endif
