#include "bench/rules/arms.h"

#include <math.h>
#include <stdio.h>

void arm_add(struct arm *a, double power_cap_share)
{
    if (!isfinite(power_cap_share))
        return;
    a->sum += power_cap_share;
    a->samples++;
}

double arm_share(const struct arm *a)
{
    return a->samples ? a->sum / a->samples : NAN;
}

bool arms_alike(const struct arm *base, const struct arm *new, char *reason, size_t size)
{
    double b = arm_share(base), n = arm_share(new);
    *reason = 0;
    if (!(fabs(n - b) > ARMS_LIMIT))
        return true;
    snprintf(reason, size,
             "the power cap held the clocks down for %.0f %% of the base's time and %.0f %% of the new side's: more "
             "than %.0f points apart",
             100 * b, 100 * n, 100 * ARMS_LIMIT);
    return false;
}
