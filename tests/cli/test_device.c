/* The command line where a GPU answers: a backend cuda for tests (tests/support/device) says what it was opened with,
 * and is the device that SDBENCH_TEST_DEVICE describes. */
#include "tests/support/program.h"
#include "tests/support/scratch.h"

#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void use_test_device(void)
{
    const char *program = getenv("SDBENCH_PROGRAM");
    char real[PATH_MAX], folder[PATH_MAX + 32];
    scratch_open();
    setenv("SDBENCH_LOCK", scratch_path("lock"), 1);
    cr_assert(realpath(program ? program : "build/sdbench", real));
    snprintf(folder, sizeof folder, "%.*s/tests/device", (int)(strrchr(real, '/') - real), real);
    setenv("SDBENCH_BACKENDS", folder, 1);
    setenv("SDBENCH_CUDA", folder, 1); /* a driver that only loads lies there */
    unsetenv("SDBENCH_TEST_DEVICE");
}

TestSuite(cli_device, .init = use_test_device, .fini = scratch_close, .timeout = 120);

static void be(const char *words)
{
    setenv("SDBENCH_TEST_DEVICE", words, 1);
}

static struct program_result run(const char *const *argument, int code)
{
    struct program_result r = program_run(argument, &(struct program_setting){.folder = scratch_path("")});
    cr_assert_eq(r.code, code, "exit %d: %s", r.code, r.log);
    return r;
}
#define RUN(code, ...) run((const char *const[]){__VA_ARGS__, NULL}, code)

static void expect_words(const char *text, const char *const *words)
{
    for (int i = 0; words[i]; i++)
        cr_expect(strstr(text, words[i]), "no \"%s\" in: %s", words[i], text);
}
#define EXPECT_WORDS(text, ...) expect_words(text, (const char *const[]){__VA_ARGS__, NULL})

/* No state that evicts: other tests run at the same time, with the same libraries. */
#define TINY "--workload", "tiny", "--images", "1", "--states", "C2:2,W1:4", "-q", "--out"

/* Every record of a kind, one by one: NULL ends. */
static cJSON *next_record(char **rest)
{
    char *line = strsep(rest, "\n");
    return line && *line ? cJSON_Parse(line) : NULL;
}

static const char *text_of(const cJSON *record, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(record, name));
    return text ? text : "";
}

/* A device answers: it is the backend, and the article's is the job. */
Test(cli_device, is_the_default)
{
    struct program_result r = RUN(0, "bench", "--model", "tiny", "--steps", "1", "--variants", "fused", "-q");
    EXPECT_WORDS(r.output, "3 images 512x512, 1 step", "test device first", "tuned -1 s", "article's own log");
    program_result_free(&r);
    r = RUN(0, "plan", "--memory", "--model", "tiny", "--size", "128x128", "--graph", "decoder");
    EXPECT_WORDS(r.output, "decoder of", "fused-mixed", "plan decoder on cuda");
    program_result_free(&r);
}

Test(cli_device, is_not_there)
{
    be("absent");
    struct program_result r = RUN(77, "bench", "--backend", "cuda", TINY, "r");
    EXPECT_WORDS(r.log, "no NVIDIA driver answers");
    program_result_free(&r);
    r = RUN(77, "generate", "a cat", "--backend", "cuda", "--model", "tiny");
    EXPECT_WORDS(r.log, "no NVIDIA driver answers");
    program_result_free(&r);
    r = RUN(77, "bench", "--variants", "fused+tf32", TINY, "r"); /* auto does not look for TF32 on the CPU */
    EXPECT_WORDS(r.log, "fused+tf32", "no NVIDIA driver answers");
    program_result_free(&r);
    r = RUN(77, "generate", "a cat", "--device", "1", "--model", "tiny"); /* nor for a device */
    EXPECT_WORDS(r.log, "no NVIDIA driver answers");
    program_result_free(&r);
    r = RUN(0, "doctor");
    EXPECT_WORDS(r.output, "gpu\n  device         NO: none that can be used: no NVIDIA driver answers");
    program_result_free(&r);
    /* Nothing was asked for: the CPU, whose reason it is then. */
    setenv("SDBENCH_BACKENDS", "/nonexistent", 1);
    r = RUN(77, "bench", "--model", "tiny", "-q");
    EXPECT_WORDS(r.log, "backend cpu");
    program_result_free(&r);
}

/* What was said reaches the backend, in this process and in those that are measured. */
Test(cli_device, options_reach_it)
{
    char libraries[PATH_MAX + 64], folder[PATH_MAX];
    cr_assert(realpath(scratch_path(""), folder));
    setenv("SDBENCH_CUDA", "/usr/cuda:/opt", 1);
    snprintf(libraries, sizeof libraries, "libraries in %s:/usr/cuda:/opt", folder);
    struct program_result r =
        RUN(0, "bench", TINY, "r", "--variants", "standard+tf32", "--device", "1", "--tune-seconds", "2.5", "--plan",
            "a/b.plan", "--save-plan", "c.plan", "--cuda-libs", ".");
    EXPECT_WORDS(r.output, "test device 1, tf32, tuned 2.5 s, plan a/b.plan, saved c.plan", libraries);
    program_result_free(&r);
    r = RUN(0, "generate", "a cat", "--model", "tiny", "--size", "128x128", "--steps", "1", "--device", "GPU-0a1b",
            "--variant", "mixed", "--json", "--cuda-libs", ".", "--tune-seconds=0");
    EXPECT_WORDS(r.output, "test device GPU-0a1b, ieee, tuned 0 s, plan none, saved nowhere", libraries);
    program_result_free(&r);
}

static const struct {
    const char *argument[12], *words[3];
} refused[] = {
    {{"bench", "--device", "first"}, {"--device \"first\"", "GPU-"}},
    {{"bench", "--device", ""}, {"--device \"\""}},
    {{"bench", "--device", "GPU-"}, {"--device \"GPU-\""}},
    {{"generate", "x", "--device", "-1"}, {"--device \"-1\""}},
    {{"generate", "x", "--device", "sm_90"}, {"--device sm_90", "only sdbench plan"}},
    {{"bench", "--device", "sm_90"}, {"--device sm_90", "only sdbench plan"}},
    {{"plan", "--cores", "--device", "sm_90"}, {"--device sm_90", "--cores"}},
    {{"plan", "--memory", "--backend", "null", "--device", "0"}, {"--device 0", "backend null", "no devices"}},
    {{"plan", "--memory", "--backend", "null", "--plan", "x"}, {"--plan", "backend null", "no choices"}},
    {{"plan", "--memory", "--backend", "null", "--save-plan", "x"}, {"--save-plan", "backend null", "no choices"}},
    {{"bench", "--tune-seconds", "-1"}, {"--tune-seconds -1", "between 0 and 86400"}},
    {{"bench", "--tune-seconds", "long"}, {"--tune-seconds \"long\"", "finite number"}},
    {{"bench", "--save-plan", "x"}, {"--save-plan", "one variant"}},
    {{"doctor", "--cuda-libs", "/nonexistent"}, {"--cuda-libs /nonexistent", "no such folder"}},
    {{"doctor", "--cuda-libs", "/usr:/opt"}, {"--cuda-libs /usr:/opt", "one folder"}},
    {{"tokenize", "x", "--device", "0"}, {"no option --device"}},
    {{"list", "--cuda-libs", "/usr"}, {"no option --cuda-libs"}},
};

Test(cli_device, refuses_with_one_line_and_exit_3)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        const char *words[4] = {0};
        memcpy(words, refused[i].words, sizeof refused[i].words);
        program_refuses(refused[i].argument, 3, words);
    }
}

/* A chip that need not be here: its graph is float16, with the residual stream as CUDA stores it. */
Test(cli_device, plans_for_a_described_device)
{
    be("absent");
    struct program_result r = RUN(0, "plan", "--backend", "cuda", "--device", "sm_90", "--model", "tiny", "--size",
                                  "128x128", "--graph", "decoder", "--variant", "fused-mixed");
    cr_expect(strstr(r.output, "f16[") && !strstr(r.output, "bf16["), "%s", r.output);
    program_result_free(&r);
    r = RUN(0, "plan", "--memory", "--backend", "cuda", "--device", "sm_90", "--model", "tiny", "--size", "128x128");
    EXPECT_WORDS(r.output, "plan decoder on cuda");
    program_result_free(&r);
    r = RUN(77, "plan", "--memory", "--backend", "cuda", "--model", "tiny");
    EXPECT_WORDS(r.log, "no NVIDIA driver answers");
    program_result_free(&r);
}

static int count_of(const char *text, const char *word)
{
    int count = 0;
    for (; (text = strstr(text, word)); text += strlen(word))
        count++;
    return count;
}

/* The pass is for those who want the residual stream in float32. */
Test(cli_device, residual_float32)
{
    struct program_result half =
        RUN(0, "plan", "--model", "tiny", "--size", "128x128", "--graph", "decoder", "--variant", "mixed");
    struct program_result whole = RUN(0, "plan", "--model", "tiny", "--size", "128x128", "--graph", "decoder",
                                      "--variant", "mixed", "--with", "residual_float32");
    const char *after = "== after cast\n";
    EXPECT_WORDS(half.output, after);
    EXPECT_WORDS(whole.output, "== after residual_float32: unchanged\n", after);
    cr_expect_gt(count_of(strstr(half.output, after), ": f16["), count_of(strstr(whole.output, after), ": f16["));
    program_result_free(&half);
    program_result_free(&whole);
}

/* Variants that this device cannot run are rows with the reason; the others are measured. */
Test(cli_device, what_does_not_fit_is_a_row)
{
    be("small old");
    struct program_result r = RUN(0, "bench", TINY, "r", "--variants", "standard,mixed,fused-mixed,fused+tf32");
    EXPECT_WORDS(r.output, "Standard          not here: 1 image of 128x128 a pass needs", "0.01 GB are free",
                 "Fused graph, TF32 not here: variant fused+tf32: sm_75 has no TF32", "\nMixed precision  ");
    program_result_free(&r);
    size_t n;
    int absent = 0, samples = 0;
    char *lines = scratch_read("r/records.jsonl", &n), *rest = lines;
    for (cJSON *record; (record = next_record(&rest)); cJSON_Delete(record)) {
        bool standard = !strcmp(text_of(record, "variant"), "standard");
        absent += !strcmp(text_of(record, "validity"), "absent") && *text_of(record, "reason");
        samples += !strcmp(text_of(record, "kind"), "sample");
        cr_expect(!standard || strcmp(text_of(record, "kind"), "sample"));
    }
    cr_expect_eq(absent, 2);
    cr_expect_eq(samples, 2 * (2 + 4 + 2), "with those of the burn-in");
    free(lines);
    r = RUN(3, "bench", TINY, "s", "--variants", "standard,fused"); /* nothing is left to measure */
    EXPECT_WORDS(r.log, "variant ", "GB are free");
    program_result_free(&r);
    be("small busy");
    r = RUN(3, "generate", "a cat", "--model", "tiny", "--size", "128x128", "--variant", "standard");
    EXPECT_WORDS(r.log, "GB are free beside 2 other processes on the device");
    program_result_free(&r);
}

/* What a time was measured on stands in every record of it; which device it was, and where things lie, in none. */
Test(cli_device, records_say_what_it_is)
{
    be("slice busy");
    struct program_result r = RUN(0, "bench", TINY, "r", "--device", "MIG-123-456", "--cuda-libs", "/usr/lib",
                                  "--variants", "standard,fused+tf32");
    EXPECT_WORDS(r.output, "note: Standard: other processes used the device: 2");
    program_result_free(&r);
    size_t n;
    int plans = 0;
    char *lines = scratch_read("r/records.jsonl", &n), *rest = lines;
    cr_expect_not(strstr(lines, "MIG-1"), "%s", lines); /* the test device is not discreet: its description names it */
    EXPECT_WORDS(lines, "test device MIG-...", "\"--device\",\"MIG-...\",\"--cuda-libs\",\"lib\"");
    for (cJSON *record; (record = next_record(&rest)); cJSON_Delete(record)) {
        const char *kind = text_of(record, "kind");
        if (!strcmp(kind, "environment") || !strcmp(kind, "end"))
            continue; /* of the run: a device belongs to what ran on it */
        cr_expect(!strcmp(text_of(record, "device"), "Test Device") &&
                      !strcmp(text_of(record, "device_slice"), "1g.8gb"),
                  "%s", kind);
        if (strcmp(kind, "plan"))
            continue;
        plans++;
        cr_expect(!strcmp(text_of(record, "device_driver"), "600.00") &&
                  !strcmp(text_of(record, "device_libraries"), "CUDA 99.0, cuDNN 99.0.0"));
        cr_expect_eq(cJSON_GetNumberValue(cJSON_GetObjectItem(record, "device_capability")), 90);
        cr_expect_eq(cJSON_GetNumberValue(cJSON_GetObjectItem(record, "device_memory_bytes")), 8.0 * (1 << 30));
        cr_expect(strlen(text_of(record, "graph_hash")) == 16 && strlen(text_of(record, "choice_hash")) == 16);
    }
    cr_expect_eq(plans, 2);
    free(lines);
}

Test(cli_device, doctor_describes_it)
{
    be("slice busy");
    struct program_result r = RUN(0, "doctor");
    EXPECT_WORDS(r.output, "gpu\n  device         Test Device, MIG slice 1g.8gb\n", "sm_90, 132 multiprocessors",
                 "8.6 GB free of 8.6 GB", "600.00", "CUDA 99.0, cuDNN 99.0.0", "NO: other processes use the device: 2",
                 "loaded ", "sdbench-cuda.so", "standard+tf32  on cuda\n",
                 "standard+tf32  NO: on reference: it has no TF32 arithmetic");
    program_result_free(&r);
}
