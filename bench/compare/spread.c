#include "bench/compare/spread.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/statistics/summary.h"

static struct err share_of(const struct profile_kernel *k, double *out)
{
    double *time = malloc((size_t)k->times * sizeof *time);
    if (!time)
        return err_fail("out of memory for two profiles");
    memcpy(time, k->time_ns, (size_t)k->times * sizeof *time);
    sort_ascending(time, k->times);
    const double median = median_of(time, k->times);
    *out = median > 0 ? MAD_TO_SD * median_absolute_deviation(time, k->times) / median : 0;
    free(time);
    return OK;
}

static struct err find_shares(const struct profile *p, int fewest_calls, struct spread *s, double *known)
{
    int n = 0;
    for (int i = 0; i < p->kernels; i++) {
        s->share[i] = -1;
        if (p->kernel[i].times < fewest_calls)
            continue;
        TRY(share_of(&p->kernel[i], &s->share[i]));
        known[n++] = s->share[i];
    }
    sort_ascending(known, n);
    s->usual = median_of(known, n);
    for (int i = 0; i < p->kernels; i++)
        if (s->share[i] < 0)
            s->share[i] = s->usual;
    return OK;
}

struct err spread_make(const struct profile *p, int fewest_calls, struct spread *out)
{
    double *known = calloc((size_t)p->kernels + 1, sizeof *known);
    *out = (struct spread){.share = calloc((size_t)p->kernels + 1, sizeof *out->share)};
    struct err e =
        known && out->share ? find_shares(p, fewest_calls, out, known) : err_fail("out of memory for two profiles");
    free(known);
    return e;
}

void spread_free(struct spread *s)
{
    free(s->share);
    *s = (struct spread){0};
}

double spread_error_ns(const struct spread *s, const struct profile *p, int i)
{
    return p->kernel[i].typical_ns * s->share[i] / sqrt(p->kernel[i].times);
}
