#include "bench/measure/time_text.h"

#include <stdio.h>

const char *seconds_text(double ns, char out[TIME_TEXT])
{
    double s = ns * 1e-9;
    int digits = s >= 99.995 ? 1 : s >= 9.9995 ? 2 : 3;
    snprintf(out, TIME_TEXT, "%.*f", digits, s);
    return out;
}

const char *time_text(double ns, char out[TIME_TEXT])
{
    char number[TIME_TEXT];
    snprintf(out, TIME_TEXT, "%.29s s", seconds_text(ns, number));
    return out;
}
