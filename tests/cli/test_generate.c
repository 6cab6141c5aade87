/* `generate`: what it writes and says. The null backend makes the same files as any other, in milliseconds. */
#include "tests/support/phases.h"
#include "tests/support/pictures.h"
#include "tests/support/program.h"
#include "tests/support/scratch.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(cli_generate, .init = scratch_open, .fini = scratch_close, .timeout = 120);

#define TINY      "--model", "tiny", "--size", "128x128", "--steps", "2"
#define NULL_TINY TINY, "--backend", "null"

/* Runs `generate` in the scratch folder; it must succeed. The caller frees the result. */
static struct program_result generate_ok(const char *const *argument)
{
    struct program_result r = program_run(argument, &(struct program_setting){.folder = scratch_path("")});
    cr_assert_eq(r.code, 0, "exit %d: %s", r.code, r.log);
    return r;
}
#define GENERATE(...) generate_ok((const char *const[]){"generate", __VA_ARGS__, NULL})

static void generate(const char *const *argument)
{
    struct program_result r = generate_ok(argument);
    program_result_free(&r);
}
#define RUN(...) generate((const char *const[]){"generate", __VA_ARGS__, NULL})

/* Whether the CPU backend runs here; without it a test of pixels is skipped. */
static void need_cpu(void)
{
    struct program_result r = PROGRAM("plan", TINY, "--backend", "cpu", "--variant", "standard", "--memory");
    bool absent = r.code == 77;
    cr_assert(absent || r.code == 0, "exit %d: %s", r.code, r.log);
    program_result_free(&r);
    if (absent)
        cr_skip("backend cpu is not here");
}

static const struct {
    const char *argument[20], *words[4];
} refused[] = {
    {{"generate"}, {"takes one prompt, 0 were given"}},
    {{"generate", "a", "cat"}, {"takes one prompt, 2 were given", "quote it"}},
    {{"generate", "x", NULL_TINY, "-o", "/nonexistent/x.png"}, {"/nonexistent/x.png", "No such file or directory"}},
    {{"generate", "x", NULL_TINY, "-o", "/proc/x.png"}, {"/proc/x.png", "cannot be created"}}, /* nor by root */
    {{"generate", "x", NULL_TINY, "-o", "/tmp"}, {"/tmp", "is a folder"}},
    {{"generate", "x", NULL_TINY, "-o", "/tmp/"}, {"/tmp/", "is a folder"}},
    {{"generate", "x", NULL_TINY, "-o", ""}, {"-o", "empty name"}},
    {{"generate", "x", NULL_TINY, "-o", "/dev/full"}, {"/dev/full", "No space left"}},
    {{"generate", "x", NULL_TINY, "-o", "/dev/null", "--grid", "/nonexistent/g.png"}, {"--grid", "/nonexistent/g.png"}},
    {{"generate", "x", NULL_TINY, "-o", "/dev/null", "--save-latents", "/nonexistent/l"}, {"--save-latents"}},
    {{"generate", "x", NULL_TINY, "-o", "a.png", "--grid", "a.png"}, {"-o and --grid both name a.png"}},
    {{"generate", "x", NULL_TINY, "--images", "2", "-o", "a.png", "--grid", "a-01.png"}, {"both name a-01.png"}},
    {{"generate", "x", NULL_TINY, "--images", "100000", "-o", "/tmp/x.png"}, {"100000 images", "GB are free"}},
    {{"generate", "x\xff", NULL_TINY}, {"byte 1 (0xFF)", "UTF-8"}},
    {{"generate", "x", "--negative", "\xc0\xaf", NULL_TINY}, {"negative", "UTF-8"}},
    {{"generate", "x", NULL_TINY, "--noise", "nowhere.safetensors"}, {"--noise", "nowhere.safetensors"}},
    {{"generate", NULL_TINY, "--prompts", "nowhere.txt"}, {"--prompts", "nowhere.txt"}},
    {{"generate", "x", NULL_TINY, "--prompts", "nowhere.txt"}, {"leave out the prompt"}},
    {{"generate", "x", "--size", "100x100"}, {"--size 100x100", "multiples of 8"}},
    {{"generate", "x", "--size", "136x128"}, {"--size 136x128", "128x128", "--preset diffusers"}},
    {{"generate", "x", "--size", "0x0"}, {"--size 0x0"}},
    {{"generate", "x", "--size", "-8x8"}, {"--size -8x8"}},
    {{"generate", "x", "--size", "99999999x8"}, {"--size"}},
    {{"generate", "x", "--steps", "0"}, {"--steps 0", "between 1 and 1000"}},
    {{"generate", "x", "--steps", "1001"}, {"--steps 1001"}},
    {{"generate", "x", "--guidance", "nan"}, {"--guidance", "finite"}},
    {{"generate", "x", "--sampler", "dimm"}, {"dimm", "did you mean \"ddim\""}},
    {{"generate", "x", "--preset", "kerasvc"}, {"kerasvc", "did you mean \"kerascv\""}},
    {{"generate", "x", "--variant", "mixde"}, {"mixde", "did you mean \"mixed\""}},
    {{"generate", "x", "--backend", "nul"}, {"nul", "did you mean \"null\""}},
    {{"generate", "x", "--model", "nowhere"}, {"nowhere"}},
    {{"generate", "x", "--ouput", "a.png"}, {"--ouput", "did you mean --output"}},
};

Test(cli_generate, refuses_with_one_line_and_exit_3)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        program_refuses(refused[i].argument, 3, refused[i].words);
        struct program_result r =
            program_run(refused[i].argument, &(struct program_setting){.folder = scratch_path("")});
        cr_expect_eq(strchr(r.log, '\n') + 1, r.log + strlen(r.log), "case %zu: not one line: %s", i, r.log);
        cr_expect_str_empty(r.output, "case %zu", i);
        program_result_free(&r);
        cr_expect_eq(scratch_count(), 0, "case %zu left files behind", i);
    }
}

Test(cli_generate, refuses_long_prompts_before_loading)
{
    char prompt[10001];
    memset(prompt, 'x', 10000);
    prompt[10000] = 0;
    program_refuses((const char *const[]){"generate", prompt, NULL_TINY, NULL}, 3,
                    (const char *const[]){"2502 tokens", "at most 77", NULL});
}

Test(cli_generate, cuts_long_prompts_with_a_warning)
{
    char prompt[1024] = "";
    for (int i = 0; i < 80; i++)
        strcat(prompt, "cat ");
    strcat(prompt, "zebra");
    struct program_result r = GENERATE(prompt, NULL_TINY, "--preset", "diffusers", "-o", "a.png");
    cr_expect(strstr(r.log, "warning") && strstr(r.log, "zebra"), "%s", r.log);
    program_result_free(&r);
    r = GENERATE(prompt, NULL_TINY, "--preset", "diffusers", "-o", "a.png", "--quiet");
    cr_expect_str_empty(r.log);
    program_result_free(&r);
}

Test(cli_generate, writes_what_a_picture_was_made_from)
{
    RUN("a cute otter", NULL_TINY, "--negative", "dogs", "--seed", "18446744073709551615", "--guidance", "3.5",
        "--variant", "standard", "-o", "a.png");
    char *text = picture_parameters("a.png");
    cr_expect_str_eq(
        text, "a cute otter\nNegative prompt: dogs\nSteps: 2, Sampler: ddim, CFG scale: 3.5, Seed: "
              "18446744073709551615, Size: 128x128, Model: tiny, Preset: kerascv, Variant: standard, Backend: null");
    free(text);
}

Test(cli_generate, takes_an_empty_prompt_and_one_with_a_dash)
{
    RUN("", NULL_TINY, "-o", "empty.png");
    RUN(NULL_TINY, "-o", "dash.png", "--", "-x");
    char *text = picture_parameters("empty.png");
    cr_expect_eq(strncmp(text, "\nSteps", 6), 0, "%s", text);
    free(text);
    text = picture_parameters("dash.png");
    cr_expect_eq(strncmp(text, "-x\nSteps", 8), 0, "%s", text);
    free(text);
}

Test(cli_generate, numbers_several_pictures)
{
    RUN("x", NULL_TINY, "-o", "one.png");
    struct program_result r =
        GENERATE("x", NULL_TINY, "--images", "3", "-o", "a.b.png", "--seed", "40", "--grid", "sheet.png");
    cr_expect_str_eq(r.output, "a.b-00.png\na.b-01.png\na.b-02.png\nsheet.png\n");
    program_result_free(&r);
    cr_expect_eq(scratch_count(), 5);
    char *text = picture_parameters("a.b-02.png");
    cr_expect(strstr(text, "Seed: 42,"), "%s", text);
    free(text);
    struct picture sheet = picture_of("sheet.png");
    cr_expect_eq(sheet.width, 2 * 128 + 8);
    cr_expect_eq(sheet.height, 2 * 128 + 8);
    cr_expect_eq(sheet.rgb[picture_bytes(&sheet) - 1], 255, "the fourth place is white");
    picture_free(&sheet);
    RUN("x", NULL_TINY, "--images", "2", "-o", "./plain"); /* no ending: the dot is not the name's */
    r = PROGRAM("generate", "x", NULL_TINY, "--images", "2", "-o", scratch_path("plain"), "--json");
    cr_expect(strstr(r.output, "/plain-01\""), "%s", r.output);
    program_result_free(&r);
}

Test(cli_generate, reports_as_json)
{
    struct program_result r =
        GENERATE("x", NULL_TINY, "--images", "2", "--seed", "18446744073709551614", "--json", "-q");
    cJSON *json = cJSON_Parse(r.output), *pictures = cJSON_GetObjectItem(json, "pictures");
    cr_assert_eq(cJSON_GetArraySize(pictures), 2, "%s", r.output);
    const cJSON *last = cJSON_GetArrayItem(pictures, 1);
    cr_expect_str_eq(cJSON_GetObjectItem(last, "file")->valuestring, "out-01.png");
    cr_expect(strstr(r.output, "18446744073709551615"), "all digits of a seed");
    phases_are_exact(json, (const char *const[]){"weight open", "tokenizer", "plan", "weight read", "text", "step 1",
                                                 "other steps", "decode", "write", NULL});
    cr_expect(cJSON_GetObjectItem(json, "peak_resident_bytes")->valuedouble > 1e6);
    cr_expect_str_empty(r.log);
    cJSON_Delete(json);
    program_result_free(&r);
}

Test(cli_generate, reads_a_file_of_prompts)
{
    static const char lines[] = "\xef\xbb\xbf"
                                "a cat\ta dog\t7\r\n\n\t\n\xc3\xa9t\xc3\xa9";
    scratch_write("prompts.txt", lines, sizeof lines - 1);
    struct program_result r =
        GENERATE("--prompts", "prompts.txt", NULL_TINY, "--seed", "10", "--negative", "fog", "-o", "p.png");
    static const char *const begins[] = {"a cat\nNegative prompt: a dog\nSteps", "\nNegative prompt: fog\nSteps",
                                         "\xc3\xa9t\xc3\xa9\nNegative prompt: fog\nSteps"};
    static const char *const seeds[] = {"Seed: 7,", "Seed: 11,", "Seed: 12,"};
    static const char *const files[] = {"p-00.png", "p-01.png", "p-02.png"};
    cr_expect_str_eq(r.output, "p-00.png\np-01.png\np-02.png\n");
    for (int i = 0; i < 3; i++) {
        char *text = picture_parameters(files[i]);
        cr_expect_eq(strncmp(text, begins[i], strlen(begins[i])), 0, "line %d: %s", i, text);
        cr_expect(strstr(text, seeds[i]), "line %d: %s", i, text);
        free(text);
    }
    program_result_free(&r);
}

static const struct {
    const char *lines, *words[4];
} bad_prompts[] = {
    {"", {"prompts.txt", "holds no prompt"}},
    {"\n\r\n", {"holds no prompt"}},
    {"a\nb\t\tseven\n", {"prompts.txt line 2", "seven"}},
    {"a\t\t-1\n", {"line 1", "\"-1\""}},
    {"a\t\t18446744073709551616\n", {"line 1", "18446744073709551616"}},
    {"a\n\nb\t\t1\t2\n", {"line 3", "more than 3 fields"}},
    {"a\nb\xff\n", {"line 2", "UTF-8"}},
};

Test(cli_generate, refuses_bad_files_of_prompts)
{
    for (size_t i = 0; i < sizeof bad_prompts / sizeof *bad_prompts; i++) {
        scratch_write("prompts.txt", bad_prompts[i].lines, strlen(bad_prompts[i].lines));
        program_refuses((const char *const[]){"generate", "--prompts", scratch_path("prompts.txt"), NULL_TINY, "-o",
                                              scratch_path("p.png"), NULL},
                        3, bad_prompts[i].words);
    }
    scratch_write("prompts.txt", "a\0b\n", 4);
    program_refuses((const char *const[]){"generate", "--prompts", scratch_path("prompts.txt"), NULL}, 3,
                    (const char *const[]){"line 1", "zero byte", NULL});
    scratch_write("prompts.txt", "a\nb\n", 4);
    program_refuses((const char *const[]){"generate", "--prompts", scratch_path("prompts.txt"), "--images", "3", NULL},
                    3, (const char *const[]){"--images 3", "2 prompts", NULL});
}

Test(cli_generate, refuses_noise_that_does_not_fit)
{
    RUN("x", NULL_TINY, "--images", "2", "--save-latents", "two.safetensors", "-o", "a.png");
    const char *noise = scratch_path("two.safetensors"), *out = scratch_path("b.png");
    program_refuses(
        (const char *const[]){"generate", "x", NULL_TINY, "--size", "256x128", "--noise", noise, "-o", out, NULL}, 3,
        (const char *const[]){"2x4x16x16", "Nx4x16x32", "--size 256x128", NULL});
    program_refuses(
        (const char *const[]){"generate", "x", NULL_TINY, "--images", "3", "--noise", noise, "-o", out, NULL}, 3,
        (const char *const[]){"noise for 2 pictures", "asked for 3", NULL});
    scratch_write("empty.safetensors", "", 0);
    program_refuses(
        (const char *const[]){"generate", "x", NULL_TINY, "--noise", scratch_path("empty.safetensors"), NULL}, 3,
        (const char *const[]){"empty.safetensors", NULL});
}

/* One run makes three pictures and saves their noise; what else must give the same bits is compared with it. */
Test(cli_generate, a_picture_depends_on_its_own_seed_and_noise_alone)
{
    need_cpu();
    RUN("a cat", TINY, "--backend", "cpu", "--seed", "5", "--images", "3", "--threads", "2", "--save-latents",
        "saved.safetensors", "-o", "three.png");
    RUN("a cat", TINY, "--backend", "cpu", "--seed", "7", "--threads", "1", "-o", "one.png");
    cr_expect(pictures_equal("three-02.png", "one.png"), "--images 3 against 1, --threads 2 against 1");
    cr_expect_not(pictures_equal("three-01.png", "one.png"), "other seeds give other pictures");
    RUN("a cat", TINY, "--backend", "cpu", "--noise", "saved.safetensors", "--batch", "2", "--threads", "1", "-o",
        "again.png");
    cr_expect(pictures_equal("three-00.png", "again-00.png"), "noise from a file, --batch 2");
    cr_expect(pictures_equal("three-02.png", "again-02.png"), "noise from a file, the second pass");
    char *text = picture_parameters("again-00.png");
    cr_expect(strstr(text, "Noise: from a file") && !strstr(text, "Seed"), "%s", text);
    free(text);
}

Test(cli_generate, shows_progress_and_can_be_interrupted)
{
    need_cpu();
    size_t before = scratch_count();
    struct program_setting setting = {.folder = scratch_path(""), .terminal = true, .interrupt = "step 1/"};
    struct program_result r = PROGRAM_WITH(&setting, "generate", "x", TINY, "--backend", "cpu", "--steps", "1000",
                                           "--threads", "1", "-o", "a.png");
    cr_expect_eq(r.code, 130, "exit %d: %s", r.code, r.log);
    cr_expect(strstr(r.log, "ms/step") && strstr(r.log, "left"), "%s", r.log);
    cr_expect_eq(scratch_count(), before, "an interrupted run left files behind");
    program_result_free(&r);

    setting = (struct program_setting){.folder = scratch_path(""), .terminal = true};
    r = PROGRAM_WITH(&setting, "generate", "x", NULL_TINY, "-q", "-o", "a.png");
    cr_expect_str_empty(r.log, "--quiet on a terminal");
    program_result_free(&r);
    r = GENERATE("x", NULL_TINY, "-o", "a.png");
    cr_expect_not(strchr(r.log, '\r'), "no bar where stderr is no terminal: %s", r.log);
    program_result_free(&r);
}

Test(cli_generate, says_where_stdout_is_full)
{
    struct program_setting setting = {.folder = scratch_path(""), .output = "/dev/full"};
    struct program_result r = PROGRAM_WITH(&setting, "generate", "x", NULL_TINY, "--json");
    cr_expect_eq(r.code, 3);
    cr_expect(strstr(r.log, "stdout cannot be written"), "%s", r.log);
    program_result_free(&r);
}
