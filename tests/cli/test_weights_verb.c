/* `sdbench weights` on small synthetic checkpoints: make, list, check, convert, clean. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include "pipeline/base/file.h"
#include "tests/support/program.h"
#include "tests/support/scratch.h"

TestSuite(cli_weights, .init = scratch_open, .fini = scratch_close);

/* Runs with success; stdout must hold the words. */
static void does(const char *const *argument, const char *const *words)
{
    struct program_result r = program_run(argument, NULL);
    cr_expect_eq(r.code, 0, "weights %s: exit %d: %s", argument[1], r.code, r.log);
    for (; *words; words++)
        cr_expect(strstr(r.output, *words), "weights %s: no \"%s\" in: %.500s", argument[1], *words, r.output);
    program_result_free(&r);
}
#define WEIGHTS(...)                 \
    (const char *const[])            \
    {                                \
        "weights", __VA_ARGS__, NULL \
    }
#define SAYS(...)         \
    (const char *const[]) \
    {                     \
        __VA_ARGS__, NULL \
    }

static char *path(const char *file)
{
    return strdup(scratch_path(file));
}

Test(cli_weights, make_check_list_convert)
{
    char *file = path("tiny.safetensors"), *folder = path("folder"), *back = path("back.safetensors");
    does(WEIGHTS("make", "--model", "tiny", "--weights-seed", "5", "--layout", "compvis", "--dtype", "f16", "-o", file),
         SAYS(file, "966 tensors", "compvis", "f16"));
    does(WEIGHTS("check", file, "--model", "tiny"),
         SAYS("OK, fits tiny", "966 tensors, 10190891 values, all finite", "966 f16", "seed 5"));
    does(WEIGHTS("list", file),
         SAYS("model.diffusion_model.input_blocks.0.0.weight", "F16   32x4x3x3", "966 tensors, 10190891 values"));
    does(WEIGHTS("convert", file, "--model", "tiny", "-o", folder, "--dtype", "bf16"),
         SAYS(folder, "diffusers", "bf16"));
    does(WEIGHTS("list", folder), SAYS("unet/conv_in.weight", "BF16  32x4x3x3", "vae/", "text_encoder/"));
    does(WEIGHTS("convert", file, "--model", "tiny", "-o", back, "--layout", "compvis", "--dtype", "f16"), SAYS(back));
    size_t a, b;
    char *first = scratch_read("tiny.safetensors", &a), *second = scratch_read("back.safetensors", &b);
    cr_expect(a == b && !memcmp(first, second, a), "a conversion to the same layout and dtype is another file");
    free(first), free(second), free(file), free(folder), free(back);
}

Test(cli_weights, json)
{
    char *file = path("tiny.safetensors");
    does(WEIGHTS("make", "--model", "tiny", "--layout", "compvis", "--dtype", "bf16", "-o", file, "--json"),
         SAYS("\"layout\":\t\"compvis\"", "\"tensors\":\t966"));
    struct program_result r = program_run(WEIGHTS("list", file, "--json"), NULL);
    cJSON *json = cJSON_Parse(r.output), *rows = cJSON_GetObjectItemCaseSensitive(json, "tensors");
    cr_expect_eq(cJSON_GetArraySize(rows), 966, "%.200s", r.output);
    cr_expect_eq(cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(json, "bytes")), 2 * 10190891.0);
    cJSON_Delete(json);
    program_result_free(&r);
    does(WEIGHTS("check", file, "--model", "tiny", "--json"), SAYS("\"values\":\t10190891", "\"BF16\":\t966"));
    free(file);
}

Test(cli_weights, other_model_is_named)
{
    char *file = path("tiny.safetensors");
    does(WEIGHTS("make", "--model", "tiny", "--layout", "compvis", "--dtype", "f16", "-o", file), SAYS(file));
    program_refuses(WEIGHTS("check", file), ERR_FAILED, SAYS("fits tiny, not sd14", "--model tiny"));
    free(file);
}

/* The cache is one of the test's own. */
Test(cli_weights, cache)
{
    setenv("SDBENCH_CACHE", scratch_path("cache"), 1);
    does(WEIGHTS("list"), SAYS("empty"));
    does(WEIGHTS("make", "--model", "tiny"), SAYS("weights/tiny-seed0", "diffusers, f32"));
    does(WEIGHTS("make", "--model", "tiny", "--weights-seed", "3"), SAYS("weights/tiny-seed3"));
    does(WEIGHTS("list"), SAYS("tiny-seed0 ", "tiny-seed3 ", "0.04 GB"));
    does(WEIGHTS("list", "--json"), SAYS("\"name\":\t\"tiny-seed3\""));
    does(WEIGHTS("clean", "tiny-seed3"), SAYS("removed 0.04 GB"));
    does(WEIGHTS("list"), SAYS("tiny-seed0 "));
    does(WEIGHTS("clean"), SAYS("removed 0.04 GB"));
    does(WEIGHTS("list"), SAYS("empty"));
}

/* Nothing half-written: neither where the disk is full nor where the folder is not ours. */
Test(cli_weights, places_that_cannot_be_written)
{
    program_refuses(WEIGHTS("make", "--model", "tiny", "--layout", "compvis", "-o", "/dev/full"), ERR_FAILED,
                    SAYS("/dev/full", "No space left"));
    program_refuses(WEIGHTS("make", "--model", "tiny", "-o", "/proc/nowhere"), ERR_FAILED, SAYS("/proc/nowhere"));
    char *file = path("no/such/folder/x.safetensors");
    program_refuses(WEIGHTS("make", "--model", "tiny", "--layout", "compvis", "-o", file), ERR_FAILED,
                    SAYS("no/such/folder"));
    cr_expect_eq(scratch_count(), 0);
    free(file);
}

/* Ctrl-C in the middle of gigabytes: exit 130, and the folder is as it was. */
Test(cli_weights, interrupted)
{
    const struct program_setting setting = {.terminal = true, .interrupt = "write weights"};
    if (file_free_bytes(scratch_path(".")) < (uint64_t)3e9)
        cr_skip_test("needs 3 GB of disk at %s", scratch_path("."));
    char *folder = path("sd14");
    struct program_result r = program_run(WEIGHTS("make", "--dtype", "f16", "-o", folder), &setting);
    cr_expect(r.code == ERR_CANCELLED && strstr(r.log, "stopped; nothing was written"), "exit %d: %s", r.code, r.log);
    cr_expect_eq(scratch_count(), 0);
    program_result_free(&r);
    free(folder);
}
