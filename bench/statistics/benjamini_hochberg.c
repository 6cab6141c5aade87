#include "bench/statistics/benjamini_hochberg.h"

#include <math.h>
#include <stdlib.h>

struct ranked {
    double p;
    int place;
};

static int by_p(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    return (x->p > y->p) - (x->p < y->p);
}

struct err benjamini_hochberg(const double *p, int n, double *q)
{
    struct ranked *ascending = calloc((size_t)n + 1, sizeof *ascending);
    double smallest = 1;
    if (!ascending)
        return err_fail("out of memory for statistics");
    for (int i = 0; i < n; i++)
        ascending[i] = (struct ranked){p[i], i};
    qsort(ascending, (size_t)n, sizeof *ascending, by_p);
    for (int rank = n; rank > 0; rank--) { /* of equal ones the largest rank counts, and comes first here */
        smallest = fmin(smallest, ascending[rank - 1].p * n / rank);
        q[ascending[rank - 1].place] = smallest;
    }
    free(ascending);
    return OK;
}
