/* The result as Markdown, and hostile strings in it. */
#include "bench/gate/markdown.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

static void expect(const char *text, const char *escaped)
{
    struct text out = {0};
    markdown_text(&out, text);
    cr_expect_str_eq(text_get(&out), escaped);
    text_free(&out);
}

Test(gate_markdown, escapes)
{
    expect(NULL, "-");
    expect("", "-");
    expect("plain, 3.1 % (abc1234)", "plain, 3.1 % (abc1234)");
    expect("a|b\nc\r\td", "a\\|b c  d");
    expect("`x` *y* _z_ ~~s~~ \\", "\\`x\\` \\*y\\* \\_z\\_ \\~\\~s\\~\\~ \\\\");
    expect("<script>&amp;", "&lt;script&gt;&amp;amp;");
    expect("[a](http://x) ![i](y)", "\\[a\\](http&#58;//x) \\!\\[i\\](y)");
    expect("@team #12", "@\u200bteam \\#12");
    expect("gr\u00fc\u00df", "gr\u00fc\u00df");
    expect("a\u202etxt", "a?txt");
    expect("a\xff\xfe", "a??");
}

Test(gate_markdown, long_texts_are_cut_between_characters)
{
    struct text text = {0}, out = {0};
    for (int i = 0; i < 100000; i++)
        text_add(&text, "\u00fc");
    markdown_text(&out, text_get(&text));
    cr_expect_eq(out.length, 2 * 300 + 3);
    cr_expect(text_is_utf8(out.bytes, out.length) && !strcmp(out.bytes + 600, "..."));
    text_free(&text);
    text_free(&out);
}

/* Bars that part columns: those with no backslash ahead. */
static int columns(const char *line, size_t length)
{
    int n = -1;
    for (size_t i = 0; i < length; i++)
        n += line[i] == '|' && (!i || line[i - 1] != '\\');
    return n;
}

/* Every row of a table has the columns of its head; returns the number of rows that begin with a bar. */
static int check_tables(const char *text)
{
    int rows = 0, wanted = 0;
    for (const char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
        if (*line != '|') {
            wanted = 0;
            continue;
        }
        int n = columns(line, (size_t)(end - line));
        wanted = wanted ? wanted : n;
        cr_expect(n == wanted && end[-1] == '|', "%d columns, not %d: %.*s", n, wanted, (int)(end - line), line);
        rows++;
    }
    return rows;
}

static const struct gate_check checks[] = {{"control", "0.3 %", "at most 1.0 %", true},
                                           {"foreign load", "9 %", "3 %", false}};
static const struct gate_row rows[] = {
    {"fused", "warm", 1.5e9, 1.6e9, 0.0667, 0.06, 0.07, 0.01, 0.003, 8, "SLOWER", NULL},
    {"mixed", "cold", 20e6, 19e6, NAN, NAN, NAN, 0.01, INFINITY, 3, "INSUFFICIENT", "3 rounds"}};
static const struct gate_counter counters[] = {{"fused", "launches", "120", "121"}};
static const struct gate_replaced replaced[] = {{"fused", "0123", "4567"}};

static struct gate_report report(void)
{
    return (struct gate_report){.code = 1,
                                .reason = "fused warm is slower",
                                .base = "v1 (abc1234)",
                                .new = "working tree",
                                .workload = "tiny",
                                .backend = "cpu",
                                .check = checks,
                                .row = rows,
                                .counter = counters,
                                .replaced = replaced,
                                .checks = 2,
                                .rows = 2,
                                .counters = 1,
                                .replacements = 1,
                                .command = "sdbench gate --base v1",
                                .environment = {"A CPU, 2 cores", "sdbench 0.1.0"}};
}

Test(gate_markdown, whole)
{
    struct text out = {0};
    struct gate_report r = report();
    gate_markdown(&r, &out);
    static const char wanted[] =
        "### sdbench gate: regression\n\n"
        "Exit code 1: a row is slower in two sets of rounds, or an exact counter changed. fused warm is slower\n\n"
        "Base v1 (abc1234), new working tree; workload tiny, backend cpu.\n\n"
        "| variant | row | base | new | change [interval] | floor | rounds | control | verdict |\n"
        "|---|---|--:|--:|--:|--:|--:|--:|---|\n"
        "| fused | warm | 1.500 s | 1.600 s | +6.67 % [+6.00, +7.00] | 1.00 % | 8 | 0.30 % | SLOWER |\n"
        "| mixed | cold | 20.00 ms | 19.00 ms | - | 1.00 % | 3 | - | INSUFFICIENT: 3 rounds |\n\n"
        "Exact counters that changed; explain them, or bless them (`--bless`):\n\n"
        "| variant | counter | blessed | now |\n|---|---|--:|--:|\n| fused | launches | 120 | 121 |\n\n"
        "REPLACED: other implementations were chosen, so that outputs are not compared bit by bit:\n\n"
        "| variant | choices of base | choices of new |\n|---|---|---|\n| fused | 0123 | 4567 |\n\n"
        "| validity | value | limit | |\n|---|---|---|---|\n"
        "| control | 0.3 % | at most 1.0 % | ok |\n| foreign load | 9 % | 3 % | **INVALID** |\n\n"
        "To repeat it:\n\n```\nsdbench gate --base v1\n```\n\n"
        "A CPU, 2 cores  \nsdbench 0.1.0\n";
    cr_expect_str_eq(text_get(&out), wanted);
    text_free(&out);
}

Test(gate_markdown, every_code_has_a_meaning)
{
    static const struct {
        int code;
        const char *title;
    } cases[] = {{0, "no regression"}, {1, "regression"},          {2, "not conclusive"},
                 {3, "not done"},      {77, "nothing to measure"}, {130, "ended"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text out = {0};
        struct gate_report r = {.code = cases[i].code};
        gate_markdown(&r, &out);
        cr_expect(strstr(text_get(&out), cases[i].title), "%s", text_get(&out));
        cr_expect_eq(check_tables(text_get(&out)), 0);
        text_free(&out);
    }
}

Test(gate_markdown, hostile_strings_break_no_table)
{
    static const char hostile[] = "|\n| x | y |\n```\n<img src=x onerror=1>\r\n[a](http://b)|`@all\\";
    struct gate_check check = {hostile, hostile, hostile, true};
    struct gate_row row = {hostile, hostile, 1e9, 1e9, 0, -0.01, 0.01, 0.01, 0, 1, hostile, hostile};
    struct gate_counter counter = {hostile, hostile, hostile, hostile};
    struct gate_replaced other = {hostile, hostile, hostile};
    struct gate_report r = report();
    struct text out = {0};
    r.check = &check, r.row = &row, r.counter = &counter, r.replaced = &other;
    r.checks = r.rows = r.counters = r.replacements = 1;
    r.reason = r.base = r.new = r.workload = r.backend = r.command = r.environment[0] = r.environment[1] = hostile;
    gate_markdown(&r, &out);
    char *fence = strstr(text_get(&out), "\n````\n");
    cr_assert(fence, "a fence longer than that in the command");
    fence[1] = 0; /* in the code nothing means anything */
    cr_expect_eq(check_tables(out.bytes), 4 * 3, "four tables of a row each: %s", out.bytes);
    cr_expect(!strstr(out.bytes, "<img") && !strstr(out.bytes, "http://") && !strstr(out.bytes, "@all"), "%s",
              out.bytes);
    text_free(&out);
}
