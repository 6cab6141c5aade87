/* The command line as options_parse takes it apart. What it refuses with which words: tests/cli/test_verbs.c. */
#include "bench/device.h"
#include "bench/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

static const struct verb verb = {"plan", PLANS | WRITES, NULL, "", "Summary.", "sdbench plan"};
static const struct verb hidden = {"generate", ONE | HIDDEN, NULL, "PROMPT", "Summary.", "sdbench generate"};

enum { MOST = 8 };

static struct err parse(const struct verb *v, const char *const words[MOST], struct options *out)
{
    char *argv[MOST + 2] = {(char *)(uintptr_t)v->name};
    int argc = 1;
    for (; argc <= MOST && words[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    return options_parse(v, argc, argv, out);
}

#define PARSE(v, ...) parse(v, (const char *const[MOST]){__VA_ARGS__}, &o)

static void expect_good(struct err e)
{
    cr_expect_eq(e.code, ERR_NONE, "%s", err_text(e));
    err_free(&e);
}

Test(options, spellings_of_a_value)
{
    static const char *const words[][MOST] = {{"--steps", "4"}, {"--steps=4"}, {"--st=4"}, {"--st", "4"}};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        struct options o;
        expect_good(parse(&verb, words[i], &o));
        cr_expect(o.steps == 4 && o.given[OPTION_steps] && !o.given[OPTION_batch], "row %zu", i);
        cr_expect_eq(o.arguments, 0);
        free(o.argument);
    }
}

Test(options, letters)
{
    static const char *const words[][MOST] = {{"-qo", "a"}, {"-qoa"}, {"-q", "-o", "a"}, {"-oa", "-q"}};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        struct options o;
        expect_good(parse(&verb, words[i], &o));
        cr_expect(o.quiet && o.output && !strcmp(o.output, "a"), "row %zu", i);
        free(o.argument);
    }
}

/* What follows an option that takes a value is its value, whatever it looks like. */
Test(options, values_that_look_like_options)
{
    struct options o;
    expect_good(PARSE(&verb, "--variant", "--cost", "-o", "--", "--model="));
    cr_expect(!strcmp(o.variant, "--cost") && !strcmp(o.output, "--") && !strcmp(o.model, "") && !o.cost);
    free(o.argument);
}

Test(options, arguments_anywhere)
{
    struct options o;
    expect_good(PARSE(&verb, "a", "--cost", "-", "--", "--dot", "--"));
    cr_assert_eq(o.arguments, 4);
    cr_expect(!strcmp(o.argument[0], "a") && !strcmp(o.argument[1], "-") && !strcmp(o.argument[2], "--dot") &&
              !strcmp(o.argument[3], "--"));
    cr_expect(o.cost && !o.dot);
    free(o.argument);
}

/* A name in full is that option, also where longer ones begin with it: --with is no beginning of --without. */
Test(options, full_names_win)
{
    struct options o;
    expect_good(PARSE(&verb, "--with=cast", "--without=cast"));
    cr_expect(o.with && o.without);
    free(o.argument);
}

Test(options, the_last_value_counts)
{
    struct options o;
    expect_good(PARSE(&verb, "--steps=4", "--steps=5"));
    cr_expect_eq(o.steps, 5);
    free(o.argument);
}

Test(options, hidden_ones_are_taken)
{
    struct options o;
    expect_good(PARSE(&hidden, "--then=W1:3", "--slow-down", "0.5"));
    cr_expect_str_eq(o.then, "W1:3");
    cr_expect_eq(o.slow_down, 0.5);
    free(o.argument);
    struct err e = PARSE(&verb, "--then=W1:3");
    cr_expect_eq(e.code, ERR_FAILED);
    err_free(&e);
    free(o.argument);
}

/* A device is a number, a UUID or, for plans, a chip; how long to tune may be nothing. */
Test(options, devices_and_choices)
{
    static const char *const devices[] = {"0", "17", "GPU-5a", "MIG-5a/1/0", "sm_90"};
    for (size_t i = 0; i < ARRAY_LEN(devices); i++) {
        struct options o;
        expect_good(PARSE(&verb, "--device", devices[i], "--tune-seconds=0", "--plan=a", "--save-plan=b"));
        struct engine_options e = options_engine(&o);
        cr_expect(!strcmp(e.device, devices[i]) && !strcmp(e.plan_file, "a") && !strcmp(e.save_plan, "b"), "%s",
                  devices[i]);
        cr_expect(e.has_tune_seconds && e.tune_seconds <= 0);
        struct sd_options p = options_pipeline(&o);
        cr_expect(!strcmp(p.device, devices[i]) && !strcmp(p.plan_file, "a") && !strcmp(p.save_plan, "b") &&
                  p.has_tune_seconds);
        free(o.argument);
    }
    struct options o;
    expect_good(PARSE(&verb, "--steps=4"));
    cr_expect(!options_engine(&o).device && !options_engine(&o).has_tune_seconds);
    free(o.argument);
}

/* --cuda-libs comes before the folders that are there, and only where it is given. */
Test(options, cuda_libs_come_first)
{
    static const char *const before[] = {NULL, "", "/a", "/a:/b"}, *const after[] = {"/", "/", "/:/a", "/:/a:/b"};
    for (size_t i = 0; i < ARRAY_LEN(before); i++) {
        struct options o;
        before[i] ? setenv("SDBENCH_CUDA", before[i], 1) : unsetenv("SDBENCH_CUDA");
        expect_good(PARSE(&verb, "--cost"));
        expect_good(options_export(&o));
        cr_expect(!before[i] == !getenv("SDBENCH_CUDA"));
        free(o.argument);
        expect_good(PARSE(&verb, "--cuda-libs", "/"));
        expect_good(options_export(&o));
        cr_expect_str_eq(getenv("SDBENCH_CUDA"), after[i]);
        free(o.argument);
    }
}

/* Records keep what was asked for, not where things lie or which card it was. */
Test(options, recorded_words)
{
    static const char *const words[][2] = {{"bench", "bench"},
                                           {"/usr/bin/sdbench", "sdbench"},
                                           {"--out=/home/me/r", "--out=r"},
                                           {"--out=r", "--out=r"},
                                           {"GPU-12-34", "GPU-..."},
                                           {"--device=MIG-12", "--device=MIG-..."},
                                           {"--guidance=7.5", "--guidance=7.5"},
                                           {"a/b=c", "b=c"},
                                           {"", ""},
                                           {"--", "--"},
                                           {"/a/", ""}};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        char *is = device_redact(words[i][0]);
        cr_expect_str_eq(is, words[i][1]);
        free(is);
    }
}

/* Help ends parsing, not the program. */
Test(options, answers)
{
    static const char *const words[][MOST] = {{"--help", "--steps"}, {"--usage"}, {"--vers"}, {"-q?", "--nothing"}};
    cr_assert(freopen("/dev/null", "w", stdout));
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        struct options o;
        expect_good(parse(&verb, words[i], &o));
        cr_expect(o.answered, "row %zu", i);
        free(o.argument);
    }
}

Test(options, refusals)
{
    // clang-format off
    static const char *const words[][MOST] = {
        {"--steps"}, {"--steps=x"}, {"--steps", "0"}, {"--cost=1"}, {"--no-such"}, {"--=3"}, {"--m"}, {"-o"}, {"-qx"}, {"-\xff"},
        {"--device=x"}, {"--device="}, {"--device=sm_"}, {"--tune-seconds=-1"}, {"--tune-seconds=1e9"}, {"--tune-seconds"},
    };
    // clang-format on
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        struct options o;
        struct err e = parse(&verb, words[i], &o);
        cr_expect(e.code == ERR_FAILED && !strchr(err_text(e), '\n'), "row %zu: %s", i, err_text(e));
        err_free(&e);
        free(o.argument);
    }
}
