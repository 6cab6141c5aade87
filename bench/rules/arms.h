/* Two arms of a comparison are alike where the power cap held both down for about the same share of the time: else they
 * are compared at different clocks, and that is not what the comparison is about. */
#ifndef SDBENCH_BENCH_RULES_ARMS_H
#define SDBENCH_BENCH_RULES_ARMS_H

#include <stdbool.h>
#include <stddef.h>

#define ARMS_LIMIT 0.10 /* of the time: 10 points */

/* Zeroed at first. */
struct arm {
    double sum;
    int samples; /* of which the share is known */
};
void arm_add(struct arm *a, double power_cap_share); /* NAN is left out */
double arm_share(const struct arm *a);               /* the mean; NAN where nothing is known */

/* True where either is not known. Else reason says how they differ. */
bool arms_alike(const struct arm *base, const struct arm *new, char *reason, size_t size);

#endif
