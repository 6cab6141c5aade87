#include "bench/statistics/modes.h"

#include <math.h>

#include "bench/statistics/summary.h"

static double width_of(const double *ascending, int n)
{
    return quantile_of(ascending, n, 0.9) - quantile_of(ascending, n, 0.1);
}

static double separation_at(const double *ascending, int n, int lower_n)
{
    double gap = ascending[lower_n] - ascending[lower_n - 1];
    double width = fmax(width_of(ascending, lower_n), width_of(ascending + lower_n, n - lower_n));
    return gap > 0 ? gap / width : 0; /* infinite where each group is one value */
}

struct modes modes_of(const double *ascending, int n)
{
    struct modes m = {0};
    if (n < FEWEST_FOR_MODES)
        return m;
    int least = (n + 4) / 5 > FEWEST_IN_A_MODE ? (n + 4) / 5 : FEWEST_IN_A_MODE;
    for (int k = least; k <= n - least; k++) {
        double separation = separation_at(ascending, n, k);
        if (separation > m.separation)
            m = (struct modes){.lower_n = k, .separation = separation};
    }
    m.limit = 0.7 + 110.0 / n / n;
    m.bimodal = m.separation > m.limit;
    m.lower = median_of(ascending, m.lower_n);
    m.upper = median_of(ascending + m.lower_n, n - m.lower_n);
    return m;
}
