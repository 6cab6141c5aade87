/* Values far from the rest, after Tukey (Exploratory Data Analysis, 1977): labelled, never dropped. */
#ifndef SDBENCH_BENCH_STATISTICS_OUTLIERS_H
#define SDBENCH_BENCH_STATISTICS_OUTLIERS_H

enum outlier { OUTLIER_NONE, OUTLIER_LOW_SEVERE, OUTLIER_LOW_MILD, OUTLIER_HIGH_MILD, OUTLIER_HIGH_SEVERE };

enum { FEWEST_FOR_OUTLIERS = 6 };

/* Quartiles less or plus 1.5 (inner) and 3 (outer) times the distance between them. */
struct fences {
    double outer_low, inner_low, inner_high, outer_high;
};

/* Of n ascending values; quartiles as in summary.h. Below FEWEST_FOR_OUTLIERS there are none: infinite. */
struct fences fences_of(const double *ascending, int n);

enum outlier outlier_of(const struct fences *f, double value);

/* "low severe" ...; "" for OUTLIER_NONE. */
const char *outlier_name(enum outlier o);

#endif
