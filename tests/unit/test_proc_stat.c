/* The counters of /proc/stat, from made-up texts. */
#include "bench/proc_stat.h"

#include <criterion/criterion.h>

#include "pipeline/base/error.h"

#define TWO_PROCESSORS "cpu0 1 2 3 4 5 6 7 8 9 10\ncpu1 1 2 3 4 5 6 7 8 9 10\n"

static const struct {
    const char *what, *text;
    struct processor_time expected; /* all 0: unknown */
} texts[] = {
    // clang-format off
    {"idle, iowait and guest are left out",
                              "cpu  1 20 300 7777 8888 4000 50000 600000 9 9\n" TWO_PROCESSORS "intr 1", {654321, 600000, 2}},
    {"no guest columns",      "cpu  1 2 3 4 5 6 7 8\ncpu0 1 2 3 4 5 6 7 8\nintr 1",    {27, 8, 1}},
    {"processor 0 is off",    "cpu  1 0 0 0 0 0 0 0 0 0\ncpu1 1 0\ncpu7 1 0\nintr",    {1, 0, 2}},
    {"nothing stolen",        "cpu  5 0 0 9 0 0 0 0 0 0\ncpu0 5 0 0 9\nctxt 3\n",      {5, 0, 1}},
    {"idle for long",         "cpu  5 0 0 1152921504606846975 0 0 0 0 0 0\ncpu0\nx",   {5, 0, 1}},

    {"an empty file",         "",                                                      {0}},
    {"another file",          "MemTotal: 1 kB\n",                                      {0}},
    {"one processor only",    "cpu0 1 2 3 4 5 6 7 8 9 10\nintr 1",                     {0}},
    {"no steal",              "cpu  1 2 3 4 5 6 7\ncpu0 1 2 3 4 5 6 7\nintr 1",        {0}},
    {"cut in the counters",   "cpu  1 2 3 4 5",                                        {0}},
    {"cut in a number",       "cpu  1 2 3 4 5 6 7 8",                                  {0}},
    {"cut after the sum",     "cpu  1 2 3 4 5 6 7 8 9 10\n",                           {0}},
    {"cut in a processor",    "cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 2 3",                 {0}},
    {"cut after a processor", "cpu  1 2 3 4 5 6 7 8 9 10\n" TWO_PROCESSORS,            {0}},
    {"no processors",         "cpu  1 2 3 4 5 6 7 8 9 10\nintr 1",                     {0}},
    {"a sandbox's zeros",     "cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 0 0\nintr 0",            {0}},
    {"a negative counter",    "cpu  1 2 3 4 5 6 7 -8 9 10\n" TWO_PROCESSORS "intr 1",  {0}},
    {"steal below zero",      "cpu  1 2 3 4 5 6 7 18446744073709551610 9 10\n" TWO_PROCESSORS "intr 1", {0}},
    {"steal out of range",    "cpu  1 2 3 4 5 6 7 99999999999999999999 9 10\n" TWO_PROCESSORS "intr 1", {0}},
    {"words for numbers",     "cpu  a b c d e f g h\n" TWO_PROCESSORS "intr 1",        {0}},
    {"a number with a tail",  "cpu  1 2 3x 4 5 6 7 8 9 10\n" TWO_PROCESSORS "intr 1",  {0}},
    // clang-format on
};

Test(proc_stat, adds_what_is_busy_or_is_unknown)
{
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct processor_time t = proc_stat_parse(texts[i].text), expected = texts[i].expected;
        cr_expect_eq(t.busy_ticks, expected.busy_ticks, "%s: busy %jd", texts[i].what, (intmax_t)t.busy_ticks);
        cr_expect_eq(t.stolen_ticks, expected.stolen_ticks, "%s: stolen %jd", texts[i].what, (intmax_t)t.stolen_ticks);
        cr_expect_eq(t.processors, expected.processors, "%s: processors %d", texts[i].what, t.processors);
    }
}

/* What a machine's own file says cannot be known here, but not all of it can be anything. */
Test(proc_stat, reads_this_machine)
{
    struct processor_time t = proc_stat_read();
    cr_expect(t.processors > 0 || (t.busy_ticks == 0 && t.stolen_ticks == 0));
    cr_expect(0 <= t.stolen_ticks && t.stolen_ticks <= t.busy_ticks);
    cr_expect_gt(proc_stat_tick_ns(), 0);
}
