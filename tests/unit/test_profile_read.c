/* Profiles out of records: good ones, damaged ones, and what makes them invalid. */
#include "tests/support/made_up_profile.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(profile_read, .timeout = 20);

static const struct made_kernel two[] = {{"unet/a unet/b", "gemm", .ns = 2000, .calls = 3, .flop = 100, .bytes = 10},
                                         {"unet/c", "norm", .ns = 500, .class = "norm"}};

#define LINE(text) "{\"schema\":2,\"variant\":\"fused\"," text "}\n"

/* The lines of `two` and one more. */
static struct profile with_line(const char *line)
{
    struct text lines = {0};
    made_profile_lines(&(struct made_profile){.kernel = two, .kernels = 2, .gap_ns = 100}, &lines);
    text_add(&lines, "%s", line);
    struct profile p = profile_of_lines(text_get(&lines));
    text_free(&lines);
    return p;
}

Test(profile_read, all_that_records_hold)
{
    struct profile p = made_profile(&(struct made_profile){
        .kernel = two, .kernels = 2, .gap_ns = 100, .overhead = 0.02, .peak = 1e12, .copy = 1e10, .images = 3});
    cr_expect(p.valid, "%s", p.reason);
    cr_expect_str_eq(p.variant, "fused");
    cr_expect_str_eq(p.device, "a device");
    cr_expect(p.has_overhead && !p.relative_only && fabs(p.overhead - 0.02) < 1e-9);
    cr_expect_eq(p.images, 3);
    cr_assert_eq(p.kernels, 2);
    cr_expect_eq(p.kernel[0].paths, 2);
    cr_expect_str_eq(p.kernel[0].path[1], "unet/b");
    cr_expect_eq(p.kernel[0].times, 9);
    cr_expect_eq(p.kernel[0].calls, 3);
    cr_expect_eq(p.kernel[0].total_ns, 6000);
    cr_expect_eq(p.kernel[0].typical_ns, 6000);
    cr_expect(p.kernel[0].main && p.kernel[0].product_flop == 100 && p.kernel[0].model_bytes == 10);
    cr_expect_eq(p.kernel[0].occupancy, -1);
    cr_expect_eq(p.work_ns, 6500);
    cr_expect_eq(p.account.span_ns, 6600);
    cr_expect_eq(p.account.part_ns[PART_host_gap], 100);
    cr_expect_eq(p.steps, 4);
    cr_expect_eq(p.step[1].busy_ns, 2e6 + 1000, "the median of three");
    cr_expect_eq(p.roofs, 3);
    cr_expect_eq(p.ignored, 0);
    profile_free(&p);
}

/* One repetition was disturbed: the account is another one's, and totals are of that one. */
Test(profile_read, totals_are_of_the_median_repetition)
{
    const struct made_kernel slow[] = {{"unet/a", .ns = 1000, .calls = 2, .slow = 10}, {"unet/b", .ns = 100}};
    struct profile p = made_profile(&(struct made_profile){.kernel = slow, .kernels = 2});
    cr_expect_eq(p.account.span_ns, 2100);
    cr_expect_eq(p.kernel[0].total_ns, 2000);
    cr_expect_eq(profile_kernel_in(&p.kernel[0], 2), 20000);
    cr_expect_eq(p.work_ns, p.account.busy_ns);
    cr_expect(p.valid, "%s", p.reason);
    profile_free(&p);
}

Test(profile_read, no_number_is_taken_from_a_helper)
{
    const struct made_kernel helper[] = {{"unet/a", .flop = 5, .bytes = 5, .helper = true}};
    struct profile p = made_profile(&(struct made_profile){.kernel = helper, .kernels = 1});
    cr_expect(!p.kernel[0].main && p.kernel[0].product_flop == 0 && p.kernel[0].model_bytes == 0);
    profile_free(&p);
}

/* Each is counted and changes nothing. */
static const char *const damaged[] = {
    LINE("\"kind\":\"kernel\",\"kernel\":\"x\""),
    LINE("\"kind\":\"kernel\",\"kernel\":\"x\",\"times_ns\":[]"),
    LINE("\"kind\":\"kernel\",\"times_ns\":[1]"),
    LINE("\"kind\":\"kernel\",\"kernel\":7,\"times_ns\":[1]"),
    LINE("\"kind\":\"kernel\",\"kernel\":\"x\",\"times_ns\":[-1]"),
    LINE("\"kind\":\"kernel\",\"kernel\":\"x\",\"times_ns\":[1e999]"),
    LINE("\"kind\":\"kernel\",\"kernel\":\"x\",\"times_ns\":[1e300]"),
    LINE("\"kind\":\"kernel\",\"kernel\":\"x\",\"times_ns\":[\"1\"]"),
    LINE("\"kind\":\"kernel\",\"kernel\":\"x\",\"times_ns\":{\"a\":1}"),
    LINE("\"kind\":\"kernel\",\"kernel\":\"x\",\"times_ns\":5"),
    LINE("\"kind\":\"kernel\",\"kernel\":\"x\",\"times_ns\":[1],\"repetitions\":0"),
    LINE("\"kind\":\"kernel\",\"kernel\":\"x\",\"times_ns\":[1],\"repetitions\":0.5"),
    LINE("\"kind\":\"kernel\",\"kernel\":\"x\",\"times_ns\":[1],\"repetitions\":4e9"),
    LINE("\"kind\":\"kernel\",\"kernel\":\"x\",\"times_ns\":[1],\"launch\":-1"),
    LINE("\"kind\":\"kernel\",\"kernel\":\"x\",\"times_ns\":[1],\"launch\":1e18"),
    LINE("\"kind\":\"kernel\",\"kernel\":\"x\",\"times_ns\":[1],\"path\":\"unet\""),
    LINE("\"kind\":\"kernel\",\"kernel\":\"x\",\"times_ns\":[1],\"path\":[\"unet\",null]"),
    LINE("\"kind\":\"kernel\",\"kernel\":\"x\",\"times_ns\":[1],\"grid\":[1,2]"),
    LINE("\"kind\":\"kernel\",\"kernel\":\"x\",\"times_ns\":[1],\"grid\":[1,2,3,4]"),
    LINE("\"kind\":\"kernel\",\"kernel\":\"x\",\"times_ns\":[1],\"grid\":[1,2,-3]"),
    LINE("\"kind\":\"kernel\",\"kernel\":\"x\",\"times_ns\":[1],\"registers\":5e9"),
    LINE("\"kind\":\"kernel\",\"kernel\":\"x\",\"times_ns\":[1],\"main\":1"),
    LINE("\"kind\":\"kernel\",\"kernel\":\"x\",\"times_ns\":[1],\"product_flop\":-1"),
    LINE("\"kind\":\"kernel\",\"kernel\":\"x\",\"times_ns\":[1],\"occupancy_share\":2"),
    LINE("\"kind\":\"account\""),
    LINE("\"kind\":\"account\",\"span_ns\":\"1\",\"validity\":\"valid\""),
    LINE("\"kind\":\"account\",\"span_ns\":1,\"named_ns\":-1,\"validity\":\"valid\""),
    LINE("\"kind\":\"account\",\"span_ns\":1,\"repetition\":-1,\"validity\":\"valid\""),
    LINE("\"kind\":\"step\",\"plan\":\"p\""),
    LINE("\"kind\":\"step\",\"step\":0,\"busy_ns\":[null]"),
    LINE("\"kind\":\"roof\",\"what\":\"copy\""),
    LINE("\"kind\":\"roof\",\"what\":\"guess\",\"rate\":1"),
    LINE("\"kind\":\"roof\",\"what\":\"copy\",\"rate\":-5"),
    LINE("\"kind\":\"profile\",\"source\":[]"),
    LINE("\"kind\":\"profile\",\"overhead_ratio\":\"much\""),
    LINE("\"kind\":\"profile\",\"timing_ns\":[-1]"),
};

Test(profile_read, damaged_records_are_counted_and_left_out)
{
    for (size_t i = 0; i < ARRAY_LEN(damaged); i++) {
        struct profile p = with_line(damaged[i]);
        cr_expect_eq(p.ignored, 1, "%s", damaged[i]);
        cr_expect(p.kernels == 2 && p.steps == 4 && p.roofs == 0 && p.repetitions == 3, "%s", damaged[i]);
        cr_expect_str_eq(p.source, "host clock", "%s", damaged[i]);
        cr_expect(p.valid, "%s: %s", damaged[i], p.reason);
        profile_free(&p);
    }
}

Test(profile_read, other_records_are_nobodys)
{
    static const char *const other[] = {
        LINE("\"kind\":\"sample\",\"time_ns\":-1"),
        "{\"kind\":\"kernel\",\"variant\":\"mixed\",\"kernel\":\"x\",\"times_ns\":[1]}\n",
        "[1,2]\n",
        "null\n",
        "not JSON\n",
        LINE("\"kind\":5"),
    };
    for (size_t i = 0; i < ARRAY_LEN(other); i++) {
        struct profile p = with_line(other[i]);
        cr_expect(p.valid && p.kernels == 2 && !p.ignored, "%s", other[i]);
        profile_free(&p);
    }
}

/* cJSON has numbers that no JSON can hold. */
Test(profile_read, numbers_that_are_none)
{
    const double bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct profile p = {0};
        cJSON *record = cJSON_Parse("{\"kind\":\"kernel\",\"kernel\":\"x\",\"times_ns\":[1,2]}");
        cJSON_SetNumberValue(cJSON_GetArrayItem(cJSON_GetObjectItem(record, "times_ns"), 1), bad[i]);
        cr_expect_eq(profile_take(&p, record).code, 0);
        cr_expect(p.kernels == 0 && p.ignored == 1);
        cJSON_Delete(record);
        profile_free(&p);
    }
}

static void expect_invalid(struct profile p, const char *says)
{
    cr_expect(!p.valid);
    cr_expect(p.reason && strstr(p.reason, says), "no \"%s\" in: %s", says, p.reason ? p.reason : "(none)");
    profile_free(&p);
}

Test(profile_read, what_makes_it_invalid)
{
    expect_invalid(profile_of_lines(""), "no record says what was measured");
    expect_invalid(made_profile(&(struct made_profile){.kernel = two, .kernels = 2, .invalid = "2 were dropped"}),
                   "2 were dropped");
    expect_invalid(with_line(LINE("\"kind\":\"account\",\"span_ns\":5,\"named_ns\":4,\"validity\":\"valid\"")),
                   "the parts of an account add up to");
    expect_invalid(
        with_line(LINE("\"kind\":\"account\",\"span_ns\":0,\"validity\":\"invalid\",\"reason\":\"overlap\"")),
        "overlap");
    expect_invalid(with_line(LINE("\"kind\":\"account\",\"span_ns\":0")), "do not say");
    expect_invalid(with_line(LINE("\"kind\":\"kernel\",\"kernel\":\"x\",\"times_ns\":[900]")), "records are missing");
    expect_invalid(profile_of_lines(LINE("\"kind\":\"profile\",\"validity\":\"valid\"")), "no account");
}

Test(profile_read, overhead_from_medians_where_no_record_says_it)
{
    struct profile p = profile_of_lines(
        LINE("\"kind\":\"profile\",\"timing_ns\":[90,100,200],\"traced_ns\":[105,110,115],\"validity\":\"valid\""));
    cr_expect(p.has_overhead && p.relative_only && fabs(p.overhead - 0.1) < 1e-9);
    profile_free(&p);
    p = profile_of_lines(LINE("\"kind\":\"profile\",\"traced_ns\":[105],\"validity\":\"valid\""));
    cr_expect(!p.has_overhead && !p.relative_only);
    profile_free(&p);
}

/* As many times as calls, but not as repetitions: no repetition can be told from the others. */
Test(profile_read, times_that_do_not_come_out_even)
{
    struct profile p =
        profile_of_lines(LINE("\"kind\":\"kernel\",\"kernel\":\"x\",\"times_ns\":[1,2,3,4],\"repetitions\":3"));
    cr_assert_eq(p.kernels, 1);
    cr_expect(fabs(p.kernel[0].total_ns - 10.0 / 3) < 1e-9);
    cr_expect(fabs(p.kernel[0].typical_ns - 10.0 / 3) < 1e-9);
    profile_free(&p);
}

Test(profile_read, texts_fit_a_terminal)
{
    struct profile p = profile_of_lines(LINE("\"kind\":\"kernel\",\"times_ns\":[1],\"class\":\"caf\\u00e9\","
                                             "\"kernel\":\"a\\u001b[2Jb\\u009bc\\u202ed\\u4e2de\\u0301\""));
    cr_assert_eq(p.kernels, 1);
    cr_expect_str_eq(p.kernel[0].kernel, "a?[2Jb?c?d?e?");
    cr_expect_str_eq(p.kernel[0].class, "caf\xc3\xa9");
    profile_free(&p);
}

Test(profile_read, a_hundred_thousand_rows)
{
    struct profile p = {0};
    cJSON *record = cJSON_Parse(LINE("\"kind\":\"kernel\",\"kernel\":\"x\",\"times_ns\":[1,2,3]"));
    for (int i = 0; i < 100000; i++)
        cr_assert_eq(profile_take(&p, record).code, 0);
    cr_expect_eq(profile_finish(&p).code, 0);
    cr_expect_eq(p.kernels, 100000);
    cr_expect_eq(p.work_ns, 600000);
    cJSON_Delete(record);
    profile_free(&p);
}
