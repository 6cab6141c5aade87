/* gpu-first (tests/cuda/program) on the host's CUDA: which lines it leaves, not what they say of time. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include "pipeline/base/text.h"

TestSuite(gpu_first, .timeout = 120);

struct said {
    int code;
    cJSON *lines; /* an array */
};

/* Runs it with settings of the host's CUDA (tests/cuda/host/fake.h); launches are accepted and not executed. */
static struct said run_first(const char *settings, const char *arguments)
{
    const char *folder = getenv("SDBENCH_HOST_CUDA");
    struct said said = {.lines = cJSON_CreateArray()};
    struct text command = {0};
    char program[4096], *line = NULL;
    size_t room = 0;
    snprintf(program, sizeof program, "%s/gpu-first", folder ? folder : "");
    if (!folder || access(program, X_OK))
        cr_skip_test("no gpu-first for the host: this build is without CUDA");
    text_add(&command, "SDBENCH_FAKE_COMPUTE=0 SDBENCH_FAKE_LEAKS=fatal %s '%s' %s", settings, program, arguments);
    FILE *from = popen(text_get(&command), "r"); // NOLINT: the command is the test's own
    cr_assert(from, "%s cannot be started", program);
    while (getline(&line, &room, from) > 0) {
        cJSON *json = cJSON_Parse(line);
        cr_assert(json, "not JSON: %s", line);
        cJSON_AddItemToArray(said.lines, json);
    }
    const int status = pclose(from);
    said.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    free(line);
    text_free(&command);
    return said;
}

/* How many lines of a part have this member. */
static int count(const struct said *said, const char *part, const char *member)
{
    int n = 0;
    const cJSON *line;
    cJSON_ArrayForEach(line, said->lines) n +=
        !strcmp(cJSON_GetStringValue(cJSON_GetObjectItem(line, "part")), part) && cJSON_GetObjectItem(line, member);
    return n;
}

Test(gpu_first, every_part_leaves_lines)
{
    struct said said = run_first("", "100 gaps products attention ieee convolutions");
    const cJSON *line;
    cr_expect_eq(said.code, 0, "%d", said.code);
    cr_expect_eq(count(&said, "gaps", "graph_ns_per_launch"), 1);
    cr_expect_eq(count(&said, "products", "tflop_per_s"), 1);
    cr_expect_geq(count(&said, "attention", "best"), 8, "self- and cross-attention at four sizes");
    cr_expect_eq(count(&said, "ieee", "best"), 16, "four sizes, two arithmetics, two orders");
    cr_expect_geq(count(&said, "convolutions", "best"), 40);
    cr_expect_eq(count(&said, "copies", "item"), 0, "it was not asked for");
    cJSON_ArrayForEach(line, said.lines)
    {
        const cJSON *best = cJSON_GetObjectItem(line, "best"), *each;
        if (!best)
            continue;
        const double us = cJSON_GetNumberValue(cJSON_GetObjectItem(best, "run_us")),
                     tflop = cJSON_GetNumberValue(cJSON_GetObjectItem(best, "tflop_per_s")),
                     gflop = cJSON_GetNumberValue(cJSON_GetObjectItem(line, "gflop"));
        cr_expect(fabs(tflop * us / 1e3 - gflop) < 1e-6 * gflop, "%g TFLOP/s in %g us are not %g GFLOP", tflop, us,
                  gflop);
        cJSON_ArrayForEach(each, cJSON_GetObjectItem(line, "each"))
            cr_expect_leq(us, cJSON_GetNumberValue(cJSON_GetObjectItem(each, "run_us")), "the best is the least");
    }
    cJSON_Delete(said.lines);
}

/* 64x64 pixels, 320 channels each way, six images. */
Test(gpu_first, operations_are_counted)
{
    struct said said = run_first("", "100 ieee");
    const cJSON *line = cJSON_GetArrayItem(said.lines, 1);
    const double expected = 2.0 * 6 * 64 * 64 * 320 * 320 * 9 / 1e9;
    cr_assert(line);
    cr_expect_float_eq(cJSON_GetNumberValue(cJSON_GetObjectItem(line, "gflop")), expected, 1e-9);
    cJSON_Delete(said.lines);
}

Test(gpu_first, a_failed_item_is_a_line)
{
    struct said said = run_first("SDBENCH_FAKE_FAIL=1 SDBENCH_FAKE_NAMES=cudaGraphInstantiate", "100 gaps products");
    cr_expect_eq(said.code, 0, "%d", said.code);
    cr_expect_eq(count(&said, "gaps", "error"), 1);
    cr_expect_eq(count(&said, "gaps", "graph_ns_per_launch"), 0, "no figure of what failed");
    cr_expect_eq(count(&said, "products", "tflop_per_s"), 1, "the rest goes on");
    cJSON_Delete(said.lines);
}

Test(gpu_first, what_comes_after_the_time_is_listed)
{
    struct said said = run_first("", "1e-6 gaps attention");
    cr_expect_eq(said.code, 0, "%d", said.code);
    cr_expect_eq(count(&said, "gaps", "not_measured"), 1);
    cr_expect_geq(count(&said, "attention", "not_measured"), 8);
    cr_expect_eq(count(&said, "attention", "best"), 0);
    cJSON_Delete(said.lines);
}

Test(gpu_first, no_device)
{
    struct said said = run_first("SDBENCH_FAKE_DEVICES=0", "100");
    cr_expect_eq(said.code, 77, "%d", said.code);
    cr_expect_eq(cJSON_GetArraySize(said.lines), 0);
    cJSON_Delete(said.lines);
    said = run_first("", "100 tea");
    cr_expect_eq(said.code, 3, "%d", said.code);
    cJSON_Delete(said.lines);
}
