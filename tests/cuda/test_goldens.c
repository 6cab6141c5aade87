/* The whole model on the CUDA backend, compiled for the host, against what diffusers and KerasCV computed: memory,
 * uploads, packing, order of launches, recordings and our own kernels are those of the device; only the libraries'
 * products are not. */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/cuda/on_host.h"
#include "tests/support/golden.h"
#include "tests/support/program.h"

TestSuite(cuda_goldens, .init = cuda_on_host, .timeout = 400);

static void agrees(const char *file, const char *variant, const char *preset, int code)
{
    struct program_result r = PROGRAM("verify", golden_path(file), "--backend", "cuda", "--variant", variant,
                                      preset ? "--preset" : NULL, preset);
    cr_assert_eq(r.code, code, "%s%sexit %d\n%s", r.output, r.log, r.code, variant);
    cr_assert(code || strstr(r.output, "all 67 values hold"), "%s", r.output); /* none was left out */
    program_result_free(&r);
}

// clang-format off
Test(cuda_goldens, standard)      { agrees("tiny-kerascv.safetensors", "standard", NULL, 0); }
Test(cuda_goldens, mixed)         { agrees("tiny-diffusers.safetensors", "mixed", NULL, 0); }
Test(cuda_goldens, fused)         { agrees("tiny-diffusers.safetensors", "fused", NULL, 0); }
Test(cuda_goldens, fused_mixed)   { agrees("tiny-kerascv.safetensors", "fused-mixed", NULL, 0); }
Test(cuda_goldens, fused_tf32)    { agrees("tiny-kerascv.safetensors", "fused+tf32", NULL, 0); }
Test(cuda_goldens, wrong_preset)  { agrees("tiny-kerascv.safetensors", "fused", "diffusers", 1); }
// clang-format on
