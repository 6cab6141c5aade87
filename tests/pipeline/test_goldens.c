/* The whole model against what diffusers and KerasCV computed on the same weights. The full size is in `make
 * test-long`. A failing case is repeated by the command that its message ends with. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/golden.h"
#include "tests/support/program.h"

TestSuite(goldens, .timeout = 120);

/* Runs verify; 77 skips the test: this machine lacks the backend or the instructions. */
static struct program_result verify(const char *file, const char *backend, const char *variant, const char *preset)
{
    struct program_result r = PROGRAM("verify", golden_path(file), "--backend", backend, "--variant", variant,
                                      preset ? "--preset" : NULL, preset);
    if (r.code == 77)
        cr_skip_test("%s", r.log);
    return r;
}

static void agrees(const char *file, const char *backend, const char *variant)
{
    struct program_result r = verify(file, backend, variant, NULL);
    cr_assert_eq(r.code, 0, "%s%sexit %d\nrepeat: build/sdbench verify tests/golden/%s --backend %s --variant %s",
                 r.output, r.log, r.code, file, backend, variant);
    cr_assert(strstr(r.output, "all 67 values hold"), "%s", r.output); /* none was left out */
    program_result_free(&r);
}

#define AGREES_AS(backend, label, variant, preset)                                                                     \
    Test(goldens, tiny_##preset##_##label##_on_##backend)                                                              \
    {                                                                                                                  \
        agrees("tiny-" #preset ".safetensors", #backend, variant);                                                     \
    }
#define AGREES(backend, variant, preset) AGREES_AS(backend, variant, #variant, preset)
AGREES(reference, standard, kerascv)
AGREES(reference, standard, diffusers)
AGREES(reference, mixed, kerascv)
AGREES(cpu, standard, kerascv)
AGREES(cpu, standard, diffusers)
AGREES(cpu, mixed, kerascv)
AGREES(cpu, mixed, diffusers)
AGREES(reference, fused, kerascv)
AGREES_AS(reference, fused_mixed, "fused-mixed", diffusers)
AGREES(cpu, fused, kerascv)
AGREES(cpu, fused, diffusers)
AGREES_AS(cpu, fused_mixed, "fused-mixed", kerascv)
AGREES_AS(cpu, fused_mixed, "fused-mixed", diffusers)

/* Lines of the table that begin with a prefix: all must fail. */
static void all_fail(const char *table, const char *prefix)
{
    int seen = 0;
    for (const char *at = table; (at = strstr(at, prefix)); at++) {
        const char *end = strchr(at, '\n');
        cr_assert(end && !strncmp(end - 5, "FAILS", 5), "%.*s", (int)(end - at), at);
        seen++;
    }
    cr_assert(seen > 0, "no %s in:\n%s", prefix, table);
}

Test(goldens, the_wrong_preset_fails_in_float32_from_the_unet_on)
{
    static const char *const swapped[][2] = {{"tiny-kerascv.safetensors", "diffusers"},
                                             {"tiny-diffusers.safetensors", "kerascv"}};
    for (int i = 0; i < 2; i++) {
        struct program_result r = verify(swapped[i][0], "cpu", "standard", swapped[i][1]);
        cr_assert_eq(r.code, 1, "%s%s", r.output, r.log);
        all_fail(r.output, "unet/0/eps");
        all_fail(r.output, "run/0/");
        all_fail(r.output, "run/1/");
        program_result_free(&r);
    }
}

Test(goldens, the_wrong_preset_fails_in_bfloat16_in_the_run)
{
    struct program_result r = verify("tiny-kerascv.safetensors", "cpu", "mixed", "diffusers");
    cr_assert_eq(r.code, 1, "%s%s", r.output, r.log);
    all_fail(r.output, "run/0/latent");
    all_fail(r.output, "run/0/pixels");
    program_result_free(&r);
}

Test(goldens, null_computes_nothing_to_verify)
{
    const char *const arguments[] = {"verify", golden_path("tiny-kerascv.safetensors"), "--backend", "null", NULL};
    program_refuses(arguments, 3, (const char *const[]){"null", "computes nothing", NULL});
}
