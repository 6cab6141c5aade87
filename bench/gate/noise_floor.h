/* How large a difference a machine shows between equal programs: the floor below which a gate tells nothing. */
#ifndef SDBENCH_BENCH_GATE_NOISE_FLOOR_H
#define SDBENCH_BENCH_GATE_NOISE_FLOOR_H

#include "pipeline/base/error.h"

enum { FEWEST_FOR_FLOOR = 20 };

/* From the estimates (log ratios) of sessions that compared a program with itself: Tukey's outer fence of their
 * magnitudes, Q3 + 3 IQR, and no less than `least` (a share). As a share. An error below FEWEST_FOR_FLOOR sessions. */
struct err noise_floor(const double *log_ratio, int n, double least, double *share);

#endif
