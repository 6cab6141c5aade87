#include "bench/measure/time_text.h"

#include <stdio.h>

static int digits_of(double x)
{
    return x >= 99.995 ? 1 : x >= 9.9995 ? 2 : 3;
}

static double unit_of(double ns)
{
    return ns < 99.995e6 ? 1e6 : 1e9;
}

static const char *name_of(double unit)
{
    return unit < 1e9 ? "ms" : "s";
}

const char *time_text(double ns, char out[TIME_TEXT])
{
    double unit = unit_of(ns);
    snprintf(out, TIME_TEXT, "%.*f %s", digits_of(ns / unit), ns / unit, name_of(unit));
    return out;
}

const char *time_range_text(double ns, double low_ns, double high_ns, char out[TIME_TEXT])
{
    double unit = unit_of(ns), time = ns / unit, low = low_ns / unit, high = high_ns / unit;
    snprintf(out, TIME_TEXT, "%.*f %s [%.*f, %.*f]", digits_of(time), time, name_of(unit), digits_of(low), low,
             digits_of(high), high);
    return out;
}
