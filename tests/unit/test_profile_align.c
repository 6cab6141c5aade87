/* Two variants layer by layer: what belongs together, and what replaced what. */
#include "bench/profile/align.h"
#include "bench/profile/cells.h"
#include "bench/profile/kernel_name.h"
#include "tests/support/made_up_profile.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(profile_align, .timeout = 20);

static struct profile of(const struct made_kernel *kernel, int kernels, const char *variant)
{
    return made_profile(&(struct made_profile){.kernel = kernel, .kernels = kernels, .variant = variant});
}

/* Plain: a layer a launch. Fused: norm + activation in one, convolution + bias in one. */
static const struct made_kernel plain[] = {
    {"unet/r/norm", "norm", .class = "norm", .op = "group_norm", .ns = 100},
    {"unet/r/silu", "silu", .class = "elementwise", .op = "silu", .ns = 50},
    {"unet/r/conv", "conv", .class = "convolution", .op = "conv", .ns = 1000, .calls = 2},
    {"unet/r/add", "add", .class = "elementwise", .op = "add", .ns = 70},
    {"unet/x", "gemm", .ns = 300},
    {"unet/gone", "cast", .class = "layout", .op = "cast", .ns = 5},
};
static const struct made_kernel fused[] = {
    {"unet/r/norm unet/r/silu", "norm_silu", .class = "norm", .op = "group_norm", .ns = 110},
    {"unet/r/conv unet/r/add", "conv_bias", .class = "convolution", .op = "conv", .ns = 1200, .calls = 2},
    {"unet/x", "gemm", .ns = 310},
    {"unet/new", "reorder", .class = "layout", .op = "reorder", .ns = 7},
};

static const struct aligned_group *group_at(const struct alignment *a, const char *path)
{
    for (int i = 0; i < a->groups; i++)
        if (!strcmp(a->group[i].path, path))
            return &a->group[i];
    cr_assert_fail("no group of %s", path);
    return NULL;
}

static double total(const struct alignment *a, int side)
{
    double sum = 0;
    for (int i = 0; i < a->groups; i++)
        sum += a->group[i].ns[side];
    return sum;
}

Test(profile_align, a_fused_launch_stands_beside_what_it_replaces)
{
    struct profile a = of(plain, 6, "standard"), b = of(fused, 4, "fused");
    struct alignment x;
    cr_assert_eq(profile_align(&a, &b, &x).code, 0);
    cr_expect_eq(x.groups, 5);
    const struct aligned_group *conv = group_at(&x, "unet/r/add"), *norm = group_at(&x, "unet/r/norm");
    cr_expect(conv == &x.group[0], "the largest difference comes first");
    cr_expect(conv->ns[SIDE_a] == 2070 && conv->ns[SIDE_b] == 2400);
    cr_expect(conv->members[SIDE_a] == 2 && conv->members[SIDE_b] == 1 && conv->paths == 2);
    cr_expect(norm->ns[SIDE_a] == 150 && norm->ns[SIDE_b] == 110);
    cr_expect(group_at(&x, "unet/gone")->members[SIDE_b] == 0);
    cr_expect(group_at(&x, "unet/new")->members[SIDE_a] == 0);
    cr_expect(total(&x, SIDE_a) == a.work_ns && total(&x, SIDE_b) == b.work_ns, "nothing is lost");
    alignment_free(&x);
    profile_free(&a);
    profile_free(&b);
}

/* a's launches overlap b's like scales: all of it is one group, and what is beside it is not. */
Test(profile_align, chains_of_fusions_are_one_group)
{
    const struct made_kernel left[] = {{"p1 p2", .ns = 10}, {"p3 p4", .ns = 20}, {"p5", .ns = 30}, {"q1", .ns = 40}};
    const struct made_kernel right[] = {{"p1", .ns = 1}, {"p2 p3", .ns = 2}, {"p4 p5", .ns = 3}, {"q1", .ns = 4}};
    struct profile a = of(left, 4, "a"), b = of(right, 4, "b");
    struct alignment x;
    cr_assert_eq(profile_align(&a, &b, &x).code, 0);
    cr_expect_eq(x.groups, 2);
    cr_expect(group_at(&x, "p1")->ns[SIDE_a] == 60 && group_at(&x, "p1")->ns[SIDE_b] == 6);
    cr_expect_eq(group_at(&x, "p1")->paths, 5);
    cr_expect_eq(group_at(&x, "q1")->ns[SIDE_b], 4);
    alignment_free(&x);
    profile_free(&a);
    profile_free(&b);
}

/* A chain of 4000 launches that hang together by twos, given from its end. */
Test(profile_align, a_long_chain)
{
    enum { LINKS = 4000 };
    static struct made_kernel chain[LINKS];
    static char path[LINKS][32];
    for (int i = 0; i < LINKS; i++) {
        snprintf(path[i], sizeof path[i], "p%d p%d", LINKS - i, LINKS - i - 1);
        chain[i] = (struct made_kernel){.path = path[i], .ns = 1};
    }
    struct profile a = of(chain, LINKS, "a");
    struct alignment x;
    cr_assert_eq(profile_align(&a, &a, &x).code, 0);
    cr_expect_eq(x.groups, 1);
    cr_expect_eq(x.group[0].paths, LINKS + 1);
    cr_expect_eq(x.group[0].ns[SIDE_b], LINKS);
    alignment_free(&x);
    profile_free(&a);
}

Test(profile_align, classes_add_up_to_the_same_difference)
{
    struct profile a = of(plain, 6, "standard"), b = of(fused, 4, "fused");
    struct alignment x;
    double sum[SIDES] = {0};
    cr_assert_eq(profile_align(&a, &b, &x).code, 0);
    for (int i = 0; i < x.classes; i++)
        for (int s = 0; s < SIDES; s++)
            sum[s] += x.class[i].ns[s];
    cr_expect(sum[SIDE_a] == x.ns[SIDE_a] && sum[SIDE_b] == x.ns[SIDE_b] && x.ns[SIDE_a] == a.work_ns);
    cr_expect_str_eq(x.class[0].name, "convolution");
    alignment_free(&x);
    profile_free(&a);
    profile_free(&b);
}

Test(profile_align, as_text_and_as_json)
{
    static const char *const words[] = {"conv + add -> conv",
                                        "group_norm + silu -> group_norm",
                                        "only in a: 1, only in b: 1",
                                        "cast -> nothing",
                                        "nothing -> reorder",
                                        "= all work",
                                        "convolution"};
    struct profile a = of(plain, 6, "standard"), b = of(fused, 4, "fused");
    struct text out = {0};
    cJSON *json;
    cr_assert_eq(alignment_text(&a, &b, 0, &out).code, 0);
    expect_columns(text_get(&out), PROFILE_COLUMNS);
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        cr_expect(strstr(text_get(&out), words[i]), "no \"%s\" in:\n%s", words[i], text_get(&out));
    cr_assert_eq(alignment_json(&a, &b, 2, &json).code, 0);
    cr_expect_eq(cJSON_GetArraySize(cJSON_GetObjectItem(json, "groups")), 2);
    cr_expect_eq(cJSON_GetObjectItem(json, "groups_left_out")->valueint, 3);
    cJSON_Delete(json);
    text_free(&out);
    cr_assert_eq(alignment_text(&a, &b, 1, &out).code, 0);
    cr_expect(strstr(text_get(&out), "  4 more"), "%s", text_get(&out));
    text_free(&out);
    profile_free(&a);
    profile_free(&b);
}

/* Work of no layer stands beside its like. */
Test(profile_align, copies_and_strangers)
{
    const struct made_kernel left[] = {{NULL, "copy", .class = "transfer", .ns = 10}, {NULL, "who", .ns = 20}};
    const struct made_kernel right[] = {{NULL, "copy", .class = "transfer", .ns = 30}};
    struct profile a = of(left, 2, "a"), b = of(right, 1, "b");
    struct alignment x;
    struct text name = {0};
    cr_assert_eq(profile_align(&a, &b, &x).code, 0);
    cr_expect_eq(x.groups, 2);
    cr_expect(group_at(&x, "transfer")->ns[SIDE_a] == 10 && group_at(&x, "transfer")->ns[SIDE_b] == 30);
    aligned_add_name(group_at(&x, "transfer"), 20, &name);
    cr_expect_str_eq(text_get(&name), "(transfer)");
    text_free(&name);
    alignment_free(&x);
    profile_free(&a);
    profile_free(&b);
}

static const struct {
    const char *name, *plain;
} plain_names[] = {
    {"conv jit:avx512_core + own", "conv jit:avx512_core + own"},
    {"sm80_xmma_gemm_f16_128x64x32_stage4_warpsize2x2x1_tn", "sm80_xmma_gemm_f16_tn"},
    {"sm90_xmma_tilesize128x256x64_warpgroupsize2x1x1_relu", "sm90_xmma_relu"},
    {"ampere_sgemm_128x64_nn", "ampere_sgemm_nn"},
    {"void norm_kernel<float, 8>(float *)", "void norm_kernel<float,>(float *)"},
    {"winograd3x3", "winograd3x3"},
    {"linear 10x gemm:jit", "linear 10x gemm:jit"},
    {"128x64", "128x64"},
    {"", ""},
};

Test(profile_align, short_names)
{
    static const struct {
        const char *name, *fits;
        int width;
    } names[] = {
        {"void a::norm<float>(float *, int)", "void a::norm<float>(float *, int)", 40},
        {"void a::norm<float>(float *, int)", "a::norm<float>", 20},
        {"void a::f(int (*)(int), b)", "a::f", 8},
        {"void a::norm<float, a::b<c>>(float *, int)", "a::norm", 10},
        {"<unnamed>", "<un..ed>", 8},
        {"gemm_f16_128x64_stage4_tn", "gemm_f16_tn", 12},
        {"gemm_f16_128x64_stage4_tn", "ge..tn", 6},
        {"(only)", "(..y)", 5},
        {")(", ")(", 5},
        {"()))))", "(..)", 4},
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct text out = {0};
        kernel_add_short(names[i].name, names[i].width, &out);
        cr_expect_str_eq(text_get(&out), names[i].fits);
        text_free(&out);
    }
}

Test(profile_align, names_without_their_tiles)
{
    for (size_t i = 0; i < ARRAY_LEN(plain_names); i++) {
        struct text out = {0};
        kernel_add_plain(plain_names[i].name, &out);
        cr_expect_str_eq(text_get(&out), plain_names[i].plain);
        text_free(&out);
    }
}
