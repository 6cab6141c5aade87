/* A time for a person. */
#ifndef SDBENCH_BENCH_MEASURE_TIME_TEXT_H
#define SDBENCH_BENCH_MEASURE_TIME_TEXT_H

enum { TIME_TEXT = 32 };

/* Nanoseconds as "123.4 s", "12.34 s", "1.234 s" or "0.012 s" into out, which is returned. */
const char *time_text(double ns, char out[TIME_TEXT]);

/* The same digits without the unit. */
const char *seconds_text(double ns, char out[TIME_TEXT]);

#endif
