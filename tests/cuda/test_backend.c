/* The CUDA backend as a user meets it, on a host that plays the device (tests/cuda/host/fake.h). */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/base/file.h"
#include "tests/cuda/on_host.h"
#include "tests/support/program.h"
#include "tests/support/scratch.h"

static void open_scratch(void)
{
    cuda_on_host();
    scratch_open();
    setenv("SDBENCH_CACHE", scratch_path("cache"),
           1); /* what is chosen there is not changed by tests beside this one */
}

TestSuite(cuda_backend, .init = open_scratch, .fini = scratch_close, .timeout = 200);

#define SMALL \
    "--backend", "cuda", "--model", "tiny", "--preset", "diffusers", "--size", "64x64", "--steps", "3", "--quiet"

/* The latents that a run leaves, malloc'ed. */
static char *latents(const char *variant, const char *option, const char *value, size_t *size)
{
    struct file_map map;
    struct program_result r = PROGRAM("generate", "a cat", SMALL, "--variant", variant, "-o", scratch_path("out.png"),
                                      "--save-latents", scratch_path("latents.safetensors"), option, value);
    cr_assert_eq(r.code, 0, "%s%s", r.output, r.log);
    program_result_free(&r);
    struct err e = file_map(scratch_path("latents.safetensors"), &map);
    cr_assert(!e.code, "%s", err_text(e));
    char *copy = malloc(map.size);
    memcpy(copy, map.bytes, map.size);
    *size = map.size;
    file_unmap(&map);
    return copy;
}

static void same_latents(const char *variant, const char *option, const char *value)
{
    size_t one, two;
    char *a = latents(variant, NULL, NULL, &one), *b = latents(variant, option, value, &two);
    cr_expect(one == two && !memcmp(a, b, one), "%s: %s %s changes the latents", variant, option, value);
    free(a);
    free(b);
}

Test(cuda_backend, a_recording_gives_the_bits_of_single_launches)
{
    same_latents("fused", "--without", "capture");
    same_latents("fused-mixed", "--without", "capture");
}

Test(cuda_backend, two_runs_give_the_same_bits)
{
    same_latents("standard", NULL, NULL);
    same_latents("mixed", NULL, NULL);
}

Test(cuda_backend, choices_are_saved_and_pinned)
{
    size_t one, two;
    char *a = latents("fused-mixed", "--save-plan", scratch_path("plan.json"), &one),
         *b = latents("fused-mixed", "--plan", scratch_path("plan.json"), &two);
    cr_expect(one == two && !memcmp(a, b, one));
    free(a);
    free(b);
    program_refuses((const char *const[]){"generate", "a cat", SMALL, "--variant", "standard", "--plan",
                                          scratch_path("plan.json"), NULL},
                    3, (const char *const[]){"--plan", "no choice for", NULL});
}

static void refuses(const char *variable, const char *value, int code, const char *const *words)
{
    if (variable)
        setenv(variable, value, 1);
    program_refuses(
        (const char *const[]){"generate", "a cat", SMALL, "-o", scratch_path("x.png"), "--variant", "fused", NULL},
        code, words);
    if (variable)
        unsetenv(variable);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

Test(cuda_backend, says_why_it_cannot_run)
{
    refuses("SDBENCH_FAKE_DRIVER", "0", 77, WORDS("no NVIDIA driver"));
    refuses("SDBENCH_FAKE_DRIVER", "11080", 77, WORDS("for CUDA 11.8", "needs a driver from"));
    refuses("SDBENCH_FAKE_DEVICES", "0", 77, WORDS("no device"));
    refuses("SDBENCH_FAKE_CAPABILITY", "60", 77, WORDS("compute capability 6.0", "oldest"));
    refuses("SDBENCH_FAKE_MEMORY", "20000000", 3, WORDS("GB are free"));
}

Test(cuda_backend, devices_have_numbers_and_names)
{
    setenv("SDBENCH_FAKE_DEVICES", "2", 1);
    size_t n;
    free(latents("fused", "--device", "1", &n));
    program_refuses(WORDS("generate", "a cat", SMALL, "-o", scratch_path("x.png"), "--device", "2"), 77,
                    WORDS("--device 2", "2 devices"));
    program_refuses(WORDS("generate", "a cat", SMALL, "-o", scratch_path("x.png"), "--device", "GPU-ffffffff"), 77,
                    WORDS("UUID"));
    program_refuses(WORDS("generate", "a cat", SMALL, "-o", scratch_path("x.png"), "--device", "first"), 3,
                    WORDS("not a number, a UUID"));
    program_refuses(WORDS("generate", "a cat", SMALL, "-o", scratch_path("x.png"), "--device", "sm_90"), 3,
                    WORDS("only sdbench plan takes it"));
}

Test(cuda_backend, a_chip_without_attention_multiplies_and_one_without_tf32_says_so)
{
    setenv("SDBENCH_FAKE_CAPABILITY", "75", 1);
    struct program_result r = PROGRAM("plan", "--memory", "--backend", "cuda", "--model", "tiny", "--size", "128x128",
                                      "--variant", "fused-mixed", "--graph", "denoise_step");
    cr_assert_eq(r.code, 0, "%s", r.log);
    cr_expect(strstr(r.output, "attention scores cublaslt"), "%s", r.output);
    cr_expect(!strstr(r.output, "attention cudnn"));
    program_result_free(&r);
    size_t n;
    free(latents("fused-mixed", NULL, NULL, &n));
    program_refuses(WORDS("generate", "a cat", SMALL, "--variant", "standard+tf32"), 77, WORDS("no TF32", "sm_80"));
}

/* The host's first algorithm joins partial sums in the result's memory: in float16 where that is its type. */
Test(cuda_backend, no_partial_sums_in_float16)
{
    setenv("SDBENCH_CACHE", scratch_path("cache"), 1); /* no choices are known */
    struct program_result r = PROGRAM("plan", "--memory", "--backend", "cuda", "--model", "tiny", "--size", "128x128",
                                      "--variant", "fused-mixed", "--graph", "denoise_step", "--tune-seconds", "0");
    cr_assert_eq(r.code, 0, "%s", r.log);
    cr_expect(strstr(r.output, "geglu cublaslt 66"), "%s", r.output);
    cr_expect(!strstr(r.output, "geglu cublaslt 70"), "%s", r.output);
    program_result_free(&r);
}
