#include "bench/gate/noise_floor.h"

#include <math.h>
#include <stdlib.h>

#include "bench/gate/verdict.h"
#include "bench/statistics/outliers.h"
#include "bench/statistics/summary.h"

struct err noise_floor(const double *log_ratio, int n, double least, double *share)
{
    if (n < FEWEST_FOR_FLOOR)
        return err_fail("noise floor: %d sessions of a program with itself; %d are needed", n, FEWEST_FOR_FLOOR);
    double *size = malloc((size_t)n * sizeof *size);
    if (!size)
        return err_fail("out of memory for statistics");
    for (int i = 0; i < n; i++)
        size[i] = fabs(log_ratio[i]);
    sort_ascending(size, n);
    *share = fmax(least, change_of(fences_of(size, n).outer_high));
    free(size);
    return OK;
}
