/* The middle of some times, the interval around it, and how they are printed. */
#include "bench/measure/statistics.h"
#include "bench/measure/time_text.h"

#include <criterion/criterion.h>

Test(statistics, range_below_six_interval_from_six)
{
    static const struct {
        int n, low, high; /* of the values 1..n */
        double median;
        bool is_interval;
    } cases[] = {
        {1, 1, 1, 1, false},   {2, 1, 2, 1.5, false},         {3, 1, 3, 2, false},
        {5, 1, 5, 3, false},   {6, 1, 6, 3.5, true},          {8, 1, 8, 4.5, true},
        {9, 2, 8, 5, true},    {12, 3, 10, 6.5, true},        {20, 6, 15, 10.5, true},
        {25, 8, 18, 13, true}, {1000, 469, 532, 500.5, true},
    };
    int64_t values[1000];
    for (int i = 0; i < 1000; i++)
        values[i] = i + 1;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct summary s = summary_of(values, cases[i].n);
        cr_expect_eq(s.median, cases[i].median, "n %d: median %g", cases[i].n, s.median);
        cr_expect_eq(s.low, cases[i].low, "n %d: low %g", cases[i].n, s.low);
        cr_expect_eq(s.high, cases[i].high, "n %d: high %g", cases[i].n, s.high);
        cr_expect_eq(s.is_interval, cases[i].is_interval, "n %d", cases[i].n);
    }
    cr_expect_eq(summary_of(values, 0).n, 0);
}

Test(statistics, times_have_four_digits)
{
    static const struct {
        double ns;
        const char *text;
    } cases[] = {{1234567, "1.235 ms"}, {99.9e6, "99.90 ms"},  {99.996e6, "0.100 s"}, {1.2345e9, "1.234 s"},
                 {9.9996e9, "10.00 s"}, {12.345e9, "12.35 s"}, {123.45e9, "123.5 s"}, {1234.5e9, "1234.5 s"}};
    char text[TIME_TEXT];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_str_eq(time_text(cases[i].ns, text), cases[i].text);
    cr_expect_str_eq(time_range_text(1.5e9, 0.05e9, 12e9, text), "1.500 s [0.050, 12.000]");
}
