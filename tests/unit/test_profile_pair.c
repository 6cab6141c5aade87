/* Two runs of a variant, kernel by kernel. */
#include "bench/compare/profile_pair.h"
#include "bench/profile/cells.h"
#include "tests/support/made_up_profile.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

TestSuite(profile_pair, .timeout = 20);

enum { ROWS = 5 };

/* As calls spread by 2 %: median absolute deviation 1 %, of 30 calls. */
static const struct made_kernel usual[ROWS] = {
    {"unet/a", "gemm_128x64", .ns = 1e6, .calls = 10, .spread = 0.02},
    {"unet/b", "gemm_128x64", .ns = 2e6, .calls = 10, .spread = 0.02},
    {"unet/c", "norm", .class = "norm", .ns = 0.1e6, .calls = 10, .spread = 0.02},
    {"unet/d", "conv", .class = "convolution", .op = "conv", .ns = 5e6, .calls = 10, .spread = 0.02},
    {NULL, "copy to host", .class = "transfer", .ns = 0.3e6, .spread = 0.02},
};

struct pair {
    struct profile base, new;
    struct profile_pair pair;
};

static void open(struct pair *p, const struct made_profile *base, const struct made_profile *new, struct floors floors)
{
    p->base = made_profile(base);
    p->new = made_profile(new);
    struct err e = profile_pair_make(&p->base, &p->new, grouping_find("class"), floors, &p->pair);
    cr_assert_eq(e.code, 0, "%s", err_text(e));
}

static void close(struct pair *p)
{
    profile_pair_free(&p->pair);
    profile_free(&p->base);
    profile_free(&p->new);
}

static void copy_usual(struct made_kernel out[ROWS])
{
    memcpy(out, usual, sizeof usual);
}

static const struct floors one_percent = {0.01, 0};
#define BASE     (&(struct made_profile){.kernel = usual, .kernels = ROWS})
#define NEW(...) (&(struct made_profile){.run = "two", .kernel = kernel, .kernels = ROWS, __VA_ARGS__})

static int count(const struct profile_pair *p, enum row_status status)
{
    int n = 0;
    for (int i = 0; i < p->rows.rows; i++)
        n += p->rows.row[i].status == status;
    return n;
}

/* The parts and the residual make up the change of busy. */
static void expect_closed(const struct profile_pair *p)
{
    double sum = p->residual_ns;
    for (int i = 0; i < p->deltas; i++)
        sum += p->delta[i].ns[SIDE_b] - p->delta[i].ns[SIDE_a];
    cr_expect(fabs(sum - (p->busy_ns[SIDE_b] - p->busy_ns[SIDE_a])) < 1e-3, "%g", sum);
}

Test(profile_pair, one_kernel_is_a_fifth_slower)
{
    struct made_kernel kernel[ROWS];
    struct pair p;
    struct text out = {0};
    copy_usual(kernel);
    kernel[1].ns *= 1.2;
    open(&p, BASE, NEW(), one_percent);
    cr_expect_str_eq(p.pair.rows.row[0].path, "unet/b");
    cr_expect_eq(p.pair.rows.row[0].status, ROW_SLOWER);
    cr_expect(fabs(p.pair.rows.row[0].ns[SIDE_b] - 24e6) < 0.2e6);
    cr_expect_eq(count(&p.pair, ROW_SAME), ROWS - 1);
    cr_expect_eq(p.pair.verdict, VERDICT_SLOWER);
    cr_expect_str_eq(p.pair.delta[0].key, "gemm");
    cr_expect(fabs(p.pair.change - 4 / 81.3) < 0.001, "%g", p.pair.change);
    expect_closed(&p.pair);
    cr_assert_eq(profile_pair_text(&p.pair, 0, &out).code, 0);
    expect_columns(text_get(&out), PROFILE_COLUMNS);
    cr_expect(!strncmp(text_get(&out), "SLOWER: fused on cpu: busy ", 27), "%s", text_get(&out));
    cr_expect(strstr(text_get(&out), "GEMM +4.0"), "%s", text_get(&out));
    cr_expect(strstr(text_get(&out), "+20.0%"), "%s", text_get(&out));
    cr_expect(strstr(text_get(&out), "4 rows"), "%s", text_get(&out));
    text_free(&out);
    close(&p);
}

Test(profile_pair, the_same_run_again)
{
    struct pair p;
    open(&p, BASE, BASE, one_percent);
    cr_expect_eq(p.pair.verdict, VERDICT_SAME);
    cr_expect_eq(count(&p.pair, ROW_SAME), ROWS);
    cr_expect_eq(p.pair.change, 0);
    close(&p);
}

Test(profile_pair, faster)
{
    struct made_kernel kernel[ROWS];
    struct pair p;
    copy_usual(kernel);
    kernel[3].ns *= 0.5;
    open(&p, BASE, NEW(), one_percent);
    cr_expect_eq(p.pair.verdict, VERDICT_FASTER);
    cr_expect_eq(p.pair.rows.row[0].status, ROW_FASTER);
    close(&p);
}

/* Another tile is the same kernel; another kernel of the layer replaces it, and stands in one row. */
Test(profile_pair, other_kernels_are_replaced)
{
    struct made_kernel kernel[ROWS];
    struct pair p;
    struct text out = {0};
    copy_usual(kernel);
    kernel[0].kernel = "gemm_64x64";
    kernel[3].kernel = "winograd";
    kernel[3].ns *= 1.1;
    open(&p, BASE, NEW(), one_percent);
    cr_expect_eq(count(&p.pair, ROW_REPLACED), 1);
    cr_expect(!count(&p.pair, ROW_NEW) && !count(&p.pair, ROW_GONE));
    cr_expect_eq(p.pair.rows.rows, ROWS);
    cr_expect_str_eq(p.pair.rows.row[0].kernels[SIDE_a], "conv");
    cr_expect_str_eq(p.pair.rows.row[0].kernels[SIDE_b], "winograd");
    cr_expect_eq(profile_pair_text(&p.pair, 0, &out).code, 0);
    cr_expect(strstr(text_get(&out), "conv -> winograd"), "%s", text_get(&out));
    text_free(&out);
    close(&p);
}

/* A rewrite that folds one layer into another replaces both. */
Test(profile_pair, a_fusion_of_the_same_variant)
{
    const struct made_kernel folded[] = {{"unet/a unet/b", "gemm_128x64", .ns = 2.5e6, .calls = 10, .spread = 0.02}};
    struct pair p;
    open(&p, &(struct made_profile){.kernel = usual, .kernels = 2},
         &(struct made_profile){.kernel = folded, .kernels = 1}, one_percent);
    cr_expect_eq(p.pair.rows.rows, 2, "a is matched, b is gone");
    cr_expect_eq(p.pair.verdict, VERDICT_FASTER);
    close(&p);
}

Test(profile_pair, new_and_gone)
{
    struct made_kernel kernel[ROWS];
    struct pair p;
    copy_usual(kernel);
    kernel[2].path = "unet/else";
    open(&p, BASE, NEW(), one_percent);
    cr_expect_eq(count(&p.pair, ROW_NEW), 1);
    cr_expect_eq(count(&p.pair, ROW_GONE), 1);
    cr_expect_eq(p.pair.verdict, VERDICT_SAME);
    close(&p);
}

/* The margin is the larger one of --margin and of what calls spread by. */
Test(profile_pair, margins)
{
    struct made_kernel kernel[ROWS];
    struct pair p;
    copy_usual(kernel);
    kernel[1].ns *= 1.05;
    open(&p, BASE, NEW(), one_percent);
    cr_expect_eq(p.pair.rows.row[0].status, ROW_SLOWER);
    close(&p);
    open(&p, BASE, NEW(), (struct floors){0.1, 0});
    cr_expect_eq(p.pair.rows.row[0].status, ROW_SAME);
    cr_expect_eq(p.pair.verdict, VERDICT_SAME);
    close(&p);
    for (int i = 0; i < ROWS; i++)
        kernel[i].spread = 0.9;
    open(&p, NEW(), NEW(), one_percent);
    cr_expect_neq(p.pair.verdict, VERDICT_SLOWER);
    close(&p);
}

Test(profile_pair, noise_is_no_verdict)
{
    struct made_kernel kernel[ROWS];
    struct pair p;
    copy_usual(kernel);
    for (int i = 0; i < ROWS; i++) {
        kernel[i].calls = 1;
        kernel[i].spread = 0.3;
    }
    struct made_kernel slower[ROWS];
    memcpy(slower, kernel, sizeof slower);
    slower[3].ns *= 1.1;
    open(&p, NEW(), &(struct made_profile){.kernel = slower, .kernels = ROWS}, one_percent);
    cr_expect_eq(p.pair.verdict, VERDICT_AMBIGUOUS, "the repetitions differ by 30 %%");
    close(&p);
}

Test(profile_pair, of_an_image)
{
    struct made_kernel kernel[ROWS];
    struct pair p;
    copy_usual(kernel);
    open(&p, NEW(.images = 4), NEW(.images = 4), one_percent);
    cr_expect(fabs(p.pair.busy_ns[SIDE_a] - 81.3e6 / 4) < 1e5, "%g", p.pair.busy_ns[SIDE_a]);
    expect_closed(&p.pair);
    close(&p);
}

Test(profile_pair, what_cannot_be_believed)
{
    struct made_kernel kernel[ROWS];
    struct pair p;
    struct text out = {0};
    copy_usual(kernel);
    kernel[1].ns *= 1.2;
    open(&p, BASE, NEW(.invalid = "records were dropped", .overhead = 0.2), one_percent);
    cr_expect_eq(p.pair.verdict, VERDICT_INVALID);
    cr_expect(strstr(p.pair.reason, "new is not valid: records were dropped"), "%s", p.pair.reason);
    cr_expect_eq(profile_pair_text(&p.pair, 0, &out).code, 0);
    cr_expect(strstr(text_get(&out), "new: RELATIVE ONLY: tracing costs 20.0 %"), "%s", text_get(&out));
    cr_expect(strstr(text_get(&out), "SLOWER"), "the rows are told all the same: %s", text_get(&out));
    text_free(&out);
    close(&p);
    open(&p, &(struct made_profile){.kernel = usual}, BASE, one_percent);
    cr_expect_eq(p.pair.verdict, VERDICT_INVALID, "no work at all");
    close(&p);
}

Test(profile_pair, nasty_names_hold_120_columns)
{
    static const char *const names[] = {
        "\x1b[2J", "\xff\xff", "//",
        "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn/"
        "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct made_kernel kernel[ROWS];
        struct pair p;
        struct text out = {0};
        copy_usual(kernel);
        for (int k = 0; k < ROWS; k++) {
            kernel[k].kernel = names[i];
            kernel[k].class = names[i];
            kernel[k].ns = 1e15;
        }
        kernel[0].path = names[i];
        open(&p, BASE, NEW(.variant = i % 2 ? names[i] : "fused", .invalid = names[i]), one_percent);
        cr_expect_eq(profile_pair_text(&p.pair, 2, &out).code, 0);
        expect_columns(text_get(&out), PROFILE_COLUMNS);
        text_free(&out);
        close(&p);
    }
}
