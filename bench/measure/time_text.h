/* A time for a person: milliseconds below a tenth of a second, else seconds, in four digits. */
#ifndef SDBENCH_BENCH_MEASURE_TIME_TEXT_H
#define SDBENCH_BENCH_MEASURE_TIME_TEXT_H

enum { TIME_TEXT = 96 };

/* "123.4 s", "1.234 s", "12.34 ms" into out, which is returned. */
const char *time_text(double ns, char out[TIME_TEXT]);

/* "1.234 s [1.200, 1.300]", all in the unit of the first, each in four digits. */
const char *time_range_text(double ns, double low_ns, double high_ns, char out[TIME_TEXT]);

#endif
