/* What a person sees of a profile. */
#include "bench/profile/cells.h"
#include "bench/profile/print.h"
#include "tests/support/made_up_profile.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(profile_text, .timeout = 30);

static const char *const views[] = {NULL, "class", "layer", "kernel", "block", "step", "launch"};

static char *text_of(const struct made_profile *m, const char *by, int top)
{
    struct profile p = made_profile(m);
    struct text out = {0};
    struct err e = profile_text(&p, by, top, &out);
    cr_assert_eq(e.code, 0, "%s", err_text(e));
    expect_columns(text_get(&out), PROFILE_COLUMNS);
    profile_free(&p);
    return out.bytes;
}

static void expect_words(const char *text, const char *const *words)
{
    for (; *words; words++)
        cr_expect(strstr(text, *words), "no \"%s\" in:\n%s", *words, text);
}
#define EXPECT_WORDS(text, ...) expect_words(text, (const char *const[]){__VA_ARGS__, NULL})

/* The number behind the title of a line: the first, or the one `skip` numbers later. NAN where there is none. */
static double number_behind(const char *text, const char *title, int skip)
{
    const char *at = strstr(text, title);
    double x = NAN;
    for (at = at ? at + strlen(title) : NULL; at && skip >= 0; skip--) {
        char *end;
        x = strtod(at, &end);
        at = end > at ? end : NULL;
        x = at ? x : NAN;
    }
    return x;
}

static const struct made_kernel many[] = {
    {"unet/down_blocks.0/resnets.0/conv1", "conv", .class = "convolution", .op = "conv", .ns = 4e6, .calls = 2},
    {"unet/down_blocks.0/attentions.0/transformer_blocks.0/attn1/to_q", "gemm", .ns = 3e6},
    {"unet/mid_block/resnets.0/conv1", "conv", .class = "convolution", .op = "conv", .ns = 2e6},
    {"unet/up_blocks.0/resnets.0/norm1", "norm", .class = "norm", .op = "group_norm", .ns = 1e6},
    {NULL, "copy to device", .class = "transfer", .ns = 0.5e6},
    {NULL, "who is this", .ns = 0.25e6},
};
#define MANY .kernel = many, .kernels = 6, .gap_ns = 0.75e6

Test(profile_text, default_view_says_where_the_time_is)
{
    char *text = text_of(&(struct made_profile){MANY}, NULL, 0);
    EXPECT_WORDS(text, "fused on cpu, tiny: host clock, made up", "VALID", "median of 3 repetitions", "classes",
                 "layers", "kernels", "convolution", "down.0/res.0/conv1", "mid/res.0/conv1");
    cr_expect(strstr(text, "# classes") < strstr(text, "# layers"));
    cr_expect_eq(number_behind(text, "= its span", 0), 15.5);
    cr_expect_eq(number_behind(text, "kernels of known layers", 0), 14);
    cr_expect_eq(number_behind(text, "host gap  ", 0), 0.75);
    cr_expect_null(strstr(text, "INVALID"));
    cr_expect_null(strstr(text, "RELATIVE"));
    free(text);
}

/* Parts of the account, and the rows with all below them, add up to the span. */
Test(profile_text, tables_are_closed)
{
    static const char *const parts[] = {
        "kernels of known layers", "copies  ",  "memory sets  ", "unattributed  ", "unclassified  ",
        "idle inside graph  ",     "host gap  "};
    static const char *const rows[] = {"down.0/res.0/conv1", " more ", "copies and memory sets", "+ idle inside graph",
                                       "+ host gap"};
    double sum = 0, table = 0;
    char *text = text_of(&(struct made_profile){MANY}, "layer", 1);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        sum += number_behind(text, parts[i], 0);
    cr_expect(fabs(sum - 15.5) < 1e-6, "%g in:\n%s", sum, text);
    const char *below = strstr(text, "# layers"); /* behind the account: the table */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        table += number_behind(below, rows[i], i < 3); /* calls come first */
    table += number_behind(below, "unattributed ", 1) + number_behind(below, "unclassified ", 0);
    cr_expect(fabs(table - 15.5) < 1e-6, "%g in:\n%s", table, text);
    cr_expect_eq(number_behind(below, "= span", 0), 15.5);
    cr_expect_eq(number_behind(below, "3 more", 1), 6, "three layers left out: %s", text);
    EXPECT_WORDS(below, "who is this");
    free(text);
}

Test(profile_text, work_side_by_side_is_taken_off)
{
    char *text = text_of(&(struct made_profile){MANY, .overlap_ns = 2e6}, "class", 0);
    cr_expect_eq(number_behind(text, "- beside other work", 0), -2);
    cr_expect_eq(number_behind(text, "= span", 0), 13.5);
    free(text);
}

Test(profile_text, what_must_not_be_overlooked)
{
    char *text = text_of(&(struct made_profile){MANY, .invalid = "17 records were dropped", .overhead = 0.3}, NULL, 0);
    EXPECT_WORDS(text, "INVALID: 17 records were dropped", "RELATIVE ONLY: tracing costs more than 5 %", "+30.0 %");
    free(text);
    const struct made_kernel slow[] = {{"unet/a", .ns = 1e6, .slow = 50},
                                       {"unet/b", .ns = 1e9, .spread = -0.1, .slow = 0.85}};
    text = text_of(&(struct made_profile){.kernel = slow, .kernels = 2}, "layer", 0);
    EXPECT_WORDS(text, "note: 49.000 ms of it this repetition alone had, most of it a: 50.000 ms, else 1.000");
    free(text);
    const struct made_kernel above[] = {{"unet/a", .ns = 1e3, .flop = 1e9}};
    text = text_of(&(struct made_profile){.kernel = above, .kernels = 1, .peak = 1e12, .copy = 1e9}, "layer", 0);
    EXPECT_WORDS(text, ">999 C!", "! ERROR: 1 kernel is faster than the roof, most of them of a");
    free(text);
}

Test(profile_text, on_a_gpu_how_kernels_are_launched)
{
    const struct made_kernel gpu[] = {{"unet/a", "gemm", .ns = 2e6, .grid = 1024, .registers = 255},
                                      {"unet/b", "gemm", .ns = 1e6, .grid = 64, .registers = 255}};
    char *text = text_of(&(struct made_profile){.kernel = gpu, .kernels = 2}, "kernel", 0);
    EXPECT_WORDS(text, "how they are launched", "1024x1x1", "128x1x1", "255", "49.0", "37.5", "registers", "1.50");
    cr_expect_eq(strstr(text, " 64x1x1"), NULL, "the longest stands for the group");
    free(text);
    text = text_of(&(struct made_profile){.kernel = gpu, .kernels = 2}, "launch", 0);
    EXPECT_WORDS(text, "1024x1x1", " 64x1x1");
    free(text);
    text = text_of(&(struct made_profile){MANY}, "kernel", 0);
    cr_expect_null(strstr(text, "how they are launched"));
    free(text);
}

Test(profile_text, steps)
{
    char *text = text_of(&(struct made_profile){MANY}, "step", 3);
    EXPECT_WORDS(text, "denoise_step step 0", "denoise_step step 2");
    cr_expect_null(strstr(text, "denoise_step step 3"));
    cr_expect(fabs(number_behind(text, "1 more", 0) - 4.001) < 1e-9, "%s", text);
    cr_expect(fabs(number_behind(text, "denoise_step step 0", 4) + 60) < 0.1, "of a median of 2.501 ms: %s", text);
    free(text);
}

Test(profile_text, a_table_that_there_is_not)
{
    struct err e = profile_by_check("layers");
    cr_assert_eq(e.code, ERR_FAILED);
    cr_expect(strstr(err_text(e), "did you mean \"layer\""), "%s", err_text(e));
    err_free(&e);
    for (size_t i = 0; i < ARRAY_LEN(views); i++)
        cr_expect_eq(profile_by_check(views[i]).code, 0);
}

/* Names of any length with any bytes, numbers of any size: never wider, in no view. */
Test(profile_text, nasty_names_hold_120_columns)
{
    enum { LONG = 3000 };
    char long_name[LONG + 1], wide[LONG + 1] = "";
    memset(long_name, 'n', LONG);
    long_name[LONG] = 0;
    for (int i = 0; i + 3 < LONG; i += 3)
        strcat(wide + i, i % 2 ? "\xe4\xb8\xad" : "\xe2\x82\xac");
    const char *const names[] = {long_name,
                                 wide,
                                 "\x1b[31mred\x1b[0m\a\r\b",
                                 "\xff\xfe/\xc0\x80/\xed\xa0\x80",
                                 "////////",
                                 "e\xcc\x81\xcc\x81\xcc\x81/\xe2\x80\xae/\xef\xbb\xbf",
                                 "x"};
    const double sizes[] = {1, 1e3, 1e9, 1e17};
    for (size_t n = 0; n < ARRAY_LEN(names); n++)
        for (size_t s = 0; s < ARRAY_LEN(sizes); s++) {
            const struct made_kernel k[] = {
                {names[n], names[n], .class = names[n], .op = names[n], .plan = names[n], .stage = names[n],
                 .ns = sizes[s], .calls = 3, .spread = 0.9, .flop = 1e20, .bytes = 1e3, .grid = 4294967295u,
                 .registers = 4294967295u},
                {NULL, names[n], .ns = sizes[s]},
                {NULL, names[n], .class = "unclassified", .ns = sizes[s]},
            };
            const struct made_profile m = {.kernel = k,
                                           .kernels = 3,
                                           .variant = names[n],
                                           .backend = names[n],
                                           .source = names[n],
                                           .device = names[n],
                                           .invalid = names[n],
                                           .overhead = sizes[s],
                                           .peak = 1e12,
                                           .copy = 1e9,
                                           .gap_ns = sizes[s]};
            for (size_t v = 0; v < ARRAY_LEN(views); v++)
                free(text_of(&m, views[v], 2));
        }
}

Test(profile_text, nothing_in_it)
{
    for (size_t v = 0; v < ARRAY_LEN(views); v++) {
        struct profile p = profile_of_lines("");
        struct text out = {0};
        cJSON *json;
        cr_expect_eq(profile_text(&p, views[v], 0, &out).code, 0);
        EXPECT_WORDS(text_get(&out), "INVALID: no record says what was measured");
        expect_columns(text_get(&out), PROFILE_COLUMNS);
        cr_expect_eq(profile_json(&p, views[v], 0, &json).code, 0);
        cJSON_Delete(json);
        text_free(&out);
        profile_free(&p);
    }
}

static double number(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

/* Printed and parsed again, so that whole numbers of 64 bits are numbers. */
Test(profile_text, the_same_as_json)
{
    struct profile p = made_profile(&(struct made_profile){MANY});
    cJSON *made;
    cr_assert_eq(profile_json(&p, "layer", 2, &made).code, 0);
    char *line = cJSON_PrintUnformatted(made);
    cJSON *json = cJSON_Parse(line);
    cr_assert(json, "%s", line);
    const cJSON *table = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "tables"), 0);
    const cJSON *rows = cJSON_GetObjectItem(table, "rows"), *row = cJSON_GetArrayItem(rows, 0);
    const cJSON *left = cJSON_GetObjectItem(table, "left_out"), *other = cJSON_GetObjectItem(table, "other_work");
    cr_expect_eq(cJSON_GetArraySize(rows), 2);
    cr_expect_eq(number(row, "total_ns"), 8e6);
    cr_expect_eq(number(row, "share_ratio"), 8e6 / 14.75e6);
    cr_expect_eq(number(row, "median_ns"), 4e6);
    cr_expect_eq(number(left, "rows"), 2);
    cr_expect_eq(number(row, "total_ns") + number(cJSON_GetArrayItem(rows, 1), "total_ns") + number(left, "total_ns") +
                     number(other, "transfer_ns") + number(other, "unattributed_ns") + number(other, "unclassified_ns"),
                 number(table, "work_ns"));
    cr_expect_eq(number(cJSON_GetObjectItem(json, "account"), "span_ns"), 15.5e6);
    cJSON_Delete(json);
    cJSON_Delete(made);
    cJSON_free(line);
    profile_free(&p);
}
