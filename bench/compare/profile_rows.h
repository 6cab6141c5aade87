/* Two profiles of the same job, row by row: what the same kernel of the same layer took in each. */
#ifndef SDBENCH_BENCH_COMPARE_PROFILE_ROWS_H
#define SDBENCH_BENCH_COMPARE_PROFILE_ROWS_H

#include "bench/profile/align.h"

enum row_status { ROW_SAME, ROW_SLOWER, ROW_FASTER, ROW_REPLACED, ROW_NEW, ROW_GONE, ROW_STATUSES };
extern const char *const row_status_names[ROW_STATUSES];

/* Launches with one key: plan, stage, layer, operation, and kernel but for how it is tiled. Those of an aligned group
 * that only one side has are one row: REPLACED where the other has some, too, else NEW or GONE. */
struct profile_row {
    enum row_status status;
    const char *path, *class, *op;
    char *kernels[SIDES]; /* malloc'ed; "" where that side has none */
    double ns[SIDES];     /* of an image */
    double margin_ns;     /* a smaller difference is none */
};

struct profile_rows {
    struct profile_row *row; /* the largest difference first */
    int rows;
    double noise_ns[SIDES]; /* standard error of all work of an image, as its calls spread */
};

/* A difference counts where it is more than `share` of the base's time, and more than three standard errors: of a sum
 * of calls, whose spread is that of all repetitions (MAD_TO_SD times the median absolute deviation). A launch of fewer
 * than FEWEST_CALLS has the spread that is usual in its profile. */
enum { FEWEST_CALLS = 6 };
struct err profile_rows_make(const struct profile *base, const struct profile *new, double share,
                             struct profile_rows *out);
void profile_rows_free(struct profile_rows *r);

#endif
