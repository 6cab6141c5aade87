/* `compare` on runs of `profile`: made-up records, as a user sees them. */
#include "tests/support/made_up_profile.h"
#include "tests/support/program.h"
#include "tests/support/scratch.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(cli_compare_profiles, .init = scratch_open, .fini = scratch_close, .timeout = 60);

enum { KERNELS = 3 };
static const struct made_kernel usual[KERNELS] = {
    {"unet/a", "gemm_128x64", .ns = 1e6, .calls = 10, .spread = 0.02},
    {"unet/b", "gemm_128x64", .ns = 2e6, .calls = 10, .spread = 0.02},
    {"unet/d", "conv", .class = "convolution", .op = "conv", .ns = 5e6, .calls = 10, .spread = 0.02},
};
static const struct made_kernel slower[KERNELS] = {
    {"unet/a", "gemm_128x64", .ns = 1e6, .calls = 10, .spread = 0.02},
    {"unet/b", "gemm_128x64", .ns = 2.4e6, .calls = 10, .spread = 0.02},
    {"unet/d", "winograd", .class = "convolution", .op = "conv", .ns = 5e6, .calls = 10, .spread = 0.02},
};

#define RUN(...) (&(struct made_profile){.kernels = KERNELS, __VA_ARGS__})

static struct program_result compare(int code, const char *const *argument)
{
    struct program_result r = program_run(argument, &(struct program_setting){.folder = scratch_path("")});
    cr_assert_eq(r.code, code, "exit %d, not %d: %s %s", r.code, code, r.log, r.output);
    return r;
}
#define COMPARE(code, ...) compare(code, (const char *const[]){"compare", __VA_ARGS__, NULL})

static void expect_words(const char *text, const char *const *words)
{
    for (; *words; words++)
        cr_expect(strstr(text, *words), "no \"%s\" in: %s", *words, text);
}
#define EXPECT_WORDS(text, ...) expect_words(text, (const char *const[]){__VA_ARGS__, NULL})

Test(cli_compare_profiles, a_slower_kernel_and_a_replaced_one)
{
    made_profile_write("a", RUN(.kernel = usual), 1);
    made_profile_write("b", RUN(.kernel = slower, .run = "two"), 1);
    struct program_result r = COMPARE(1, "a", "b");
    EXPECT_WORDS(r.output, "base: one, complete", "new: two, complete", "SLOWER: fused on cpu: busy", "GEMM +4.0",
                 "residual", "= busy", "SLOWER   b", "REPLACED", "conv -> winograd", "two runs, one after the other");
    EXPECT_WORDS(r.log, "sdbench: fused: SLOWER: busy time of an image +");
    expect_columns(r.output, 120);
    program_result_free(&r);
    r = COMPARE(0, "b", "a");
    EXPECT_WORDS(r.output, "FASTER: fused on cpu");
    program_result_free(&r);
    r = COMPARE(0, "a", "b", "--margin", "10");
    EXPECT_WORDS(r.output, "SAME: fused on cpu");
    program_result_free(&r);
    r = COMPARE(0, "a", "b", "--least-ms", "10");
    EXPECT_WORDS(r.output, "SAME: fused on cpu");
    program_result_free(&r);
    r = COMPARE(1, "a", "b", "--by", "layer", "--top", "1");
    EXPECT_WORDS(r.output, "layers", "2 more");
    program_result_free(&r);
    r = COMPARE(3, "a", "b", "--by", "step");
    EXPECT_WORDS(r.log, "--by step: profiles are compared by class, layer, kernel or block");
    program_result_free(&r);
}

Test(cli_compare_profiles, as_json)
{
    made_profile_write("a", RUN(.kernel = usual), 1);
    made_profile_write("b", RUN(.kernel = slower, .run = "two"), 1);
    struct program_result r = COMPARE(1, "a", "b", "--json");
    cJSON *json = cJSON_Parse(r.output);
    const cJSON *pair = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "profiles"), 0);
    const cJSON *row = cJSON_GetArrayItem(cJSON_GetObjectItem(pair, "rows"), 0);
    cr_assert(row, "%s", r.output);
    cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(pair, "verdict")), "SLOWER");
    cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(row, "path")), "unet/b");
    cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetObjectItem(row, "status")), "SLOWER");
    cJSON_Delete(json);
    program_result_free(&r);
}

Test(cli_compare_profiles, variants_of_one_run_layer_by_layer)
{
    static const struct made_kernel fused[] = {
        {"unet/a unet/b", "gemm", .ns = 2e6, .calls = 10, .spread = 0.02},
        {"unet/d", "conv", .class = "convolution", .op = "conv", .ns = 5e6, .calls = 10, .spread = 0.02}};
    const struct made_profile both[] = {{.kernel = usual, .kernels = KERNELS, .variant = "standard"},
                                        {.kernel = fused, .kernels = 2, .variant = "fused"}};
    made_profile_write("a", both, 2);
    struct program_result r = COMPARE(0, "a:standard", "a:fused");
    EXPECT_WORDS(r.output, "FASTER: standard > fused on cpu", "2x linear -> linear",
                 "2 groups of layers: 1 faster");
    expect_columns(r.output, 120);
    program_result_free(&r);
    r = COMPARE(3, "a:standard", "a:mixed");
    program_result_free(&r);
    r = COMPARE(3, "a", "a");
    EXPECT_WORDS(r.log, "name a variant of each");
    program_result_free(&r);
    const struct made_profile other = {.kernel = usual, .kernels = KERNELS, .variant = "standard", .run = "two"};
    made_profile_write("b", &other, 1);
    r = COMPARE(2, "a", "b");
    EXPECT_WORDS(r.output, "SAME: standard on cpu", "GONE: fused: only the base has it");
    program_result_free(&r);
}

/* Of other things: refused as one line. */
Test(cli_compare_profiles, what_is_not_comparable)
{
    made_profile_write("a", RUN(.kernel = usual), 1);
    static const struct {
        struct made_profile new;
        const char *says;
    } other[] = {
        {{.images = 3}, "did not do the same job"},
        {{.device = "another"}, "ran on \"a device\" and on \"another\""},
        {{.backend = "cuda"}, "ran on backend cpu and on cuda"},
        {{.source = "CUPTI"}, "was measured by host clock and by CUPTI"},
    };
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        struct made_profile new = other[i].new;
        new.kernel = usual;
        new.kernels = KERNELS;
        new.run = "two";
        made_profile_write("b", &new, 1);
        struct program_result r = COMPARE(2, "a", "b");
        EXPECT_WORDS(r.log, other[i].says);
        cr_expect_str_empty(r.output);
        program_result_free(&r);
    }
}

Test(cli_compare_profiles, not_valid_and_relative_only)
{
    made_profile_write("a", RUN(.kernel = usual), 1);
    made_profile_write("b", RUN(.kernel = slower, .run = "two", .invalid = "9 were dropped", .overhead = 0.1), 1);
    struct program_result r = COMPARE(2, "a", "b");
    EXPECT_WORDS(r.output, "INVALID: fused on cpu", "new: RELATIVE ONLY");
    EXPECT_WORDS(r.log, "fused: INVALID: new is not valid: 9 were dropped");
    program_result_free(&r);
}
