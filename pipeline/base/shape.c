#include "pipeline/base/shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int64_t shape_count(struct shape s)
{
    int64_t count = 1;
    for (int i = 0; i < s.rank; i++)
        count *= s.dim[i];
    return count;
}

bool shape_in_range(struct shape s)
{
    int64_t count = 1;
    for (int i = 0; i < s.rank; i++)
        if (s.dim[i] < 0 || __builtin_mul_overflow(count, s.dim[i], &count) || count > INT64_C(1) << 48)
            return false;
    return true;
}

bool shape_equal(struct shape a, struct shape b)
{
    return a.rank == b.rank && !memcmp(a.dim, b.dim, (size_t)a.rank * sizeof *a.dim);
}

const char *shape_text(struct shape s, char out[SHAPE_TEXT])
{
    int at = snprintf(out, SHAPE_TEXT, "%s", s.rank ? "" : "scalar");
    for (int i = 0; i < s.rank; i++)
        at += snprintf(out + at, SHAPE_TEXT - (size_t)at, "%s%" PRId64, i ? "x" : "", s.dim[i]);
    return out;
}
