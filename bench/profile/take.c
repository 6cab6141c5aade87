#include "bench/profile/take.h"

#include <stdlib.h>

#include "bench/statistics/summary.h"

struct err take_room(void **list, int n, size_t size)
{
    const bool is_full = n == 0 ? !*list : n >= 16 && !(n & (n - 1));
    void *more = is_full ? realloc(*list, (n ? 2 * (size_t)n : 16) * size) : *list;
    if (!more)
        return err_fail("out of memory for a profile");
    *list = more;
    return OK;
}

double take_median(double *value, int n)
{
    sort_ascending(value, n);
    return median_of(value, n);
}

struct err take_invalid(struct profile *p, const char *reason)
{
    p->valid = false;
    if (!p->reason)
        p->reason = clean_text(reason);
    return p->reason ? OK : err_fail("out of memory for a profile");
}
