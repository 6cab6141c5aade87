#include "bench/profile/roof_of.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/profile/take.h"
#include "pipeline/base/dtype.h"

/* DTYPE_COUNT where there is none of that name. */
static enum dtype dtype_of(const char *name)
{
    enum dtype d = 0;
    while (d < DTYPE_COUNT && strcmp(dtypes[d].name, name))
        d++;
    return d;
}

/* Several of a kind tell how well it is known. */
struct roofs profile_roofs(const struct profile *p)
{
    struct roofs r = {0};
    for (int i = 0; i < p->roofs; i++) {
        const struct profile_roof *from = &p->roof[i];
        const enum dtype dtype = dtype_of(from->dtype);
        if (dtype < DTYPE_COUNT && from->bytes < 1e18 && from->time_ns < 1e18)
            roofs_merge(&r, &(struct roofs){.roof[0] = {.is_product = from->is_product,
                                                        .dtype = dtype,
                                                        .bytes = (size_t)from->bytes,
                                                        .time_ns = (int64_t)from->time_ns,
                                                        .rate = from->rate,
                                                        .again = fmin(from->again_rate, from->rate)},
                                            .count = 1});
    }
    return r;
}

struct roof_time profile_roof_of(const struct roofs *r, const struct profile_kernel *k)
{
    const enum dtype dtype = dtype_of(k->dtype);
    if (dtype == DTYPE_COUNT || (k->product_flop <= 0 && k->model_bytes <= 0))
        return (struct roof_time){.bound = ROOF_unknown};
    return roof_time(r, k->product_flop, dtype, k->model_bytes);
}

const struct profile_roof *profile_theory_of(const struct profile *p, const char *dtype)
{
    for (int i = 0; i < p->roofs; i++)
        if (p->roof[i].is_product && p->roof[i].theoretical_rate > 0 && !strcmp(p->roof[i].dtype, dtype))
            return &p->roof[i];
    return NULL;
}

static struct err add_roof(struct profile *p, const struct profile_roof *r)
{
    struct profile_roof own = *r;
    TRY(take_room((void **)&p->roof, p->roofs, sizeof own));
    own.dtype = strdup(r->dtype);
    own.source = strdup(r->source);
    if (!own.dtype || !own.source) {
        free(own.dtype);
        free(own.source);
        return err_fail("out of memory for a profile");
    }
    p->roof[p->roofs++] = own;
    return OK;
}

struct err profiles_share_roofs(struct profile *const *profile, int n)
{
    int *own = calloc((size_t)n + 1, sizeof *own);
    struct err e = own ? OK : err_fail("out of memory for profiles");
    for (int i = 0; own && i < n; i++)
        own[i] = profile[i]->roofs;
    for (int to = 0; to < n; to++)
        for (int from = 0; from < n; from++)
            for (int i = 0; from != to && !e.code && i < own[from]; i++)
                e = add_roof(profile[to], &profile[from]->roof[i]);
    free(own);
    return e;
}
