/* Every call of CUDA's libraries fails once: at each, the run goes on in a process of its own as if that call had
 * failed, and must end with one line and exit code 3, with nothing left behind (tests/cuda/host/fake_cudart_fail.c).
 * Calls from a place of the program that was there before are left out, unless SDBENCH_EVERY_CALL is set (`make
 * test-long`). Nothing is computed. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cuda/on_host.h"
#include "tests/support/program.h"
#include "tests/support/scratch.h"

/* Where one of these fails a run may do without: there is another algorithm or engine, free memory is not known, or
 * there is no driver at all. */
#define OPTIONAL                                                                                                      \
    "cudaDriverGetVersion,cudaGetDeviceCount,cublasLtMatmulAlgoCapGetAttribute,cublasLtMatmulAlgoConfigGetAttribute," \
    "cublasLtMatmulAlgoCheck,cudnnBackendCreateDescriptor,cudnnBackendSetAttribute,cudnnBackendGetAttribute,"         \
    "cudnnBackendFinalize,cudaMemGetInfo,cudaDeviceReset"
/* ... and a candidate that has no memory to be timed in is out. */
#define OPTIONAL_TIMING OPTIONAL ",cudaMalloc,cublasLtMatmulDescSetAttribute"

static void open_scratch(void)
{
    cuda_on_host();
    scratch_open();
    setenv("SDBENCH_FAKE_FAIL", "each", 1);
    setenv("SDBENCH_FAKE_COMPUTE", "0", 1);
    setenv("SDBENCH_FAKE_OPTIONAL", OPTIONAL, 1);
    setenv("SDBENCH_FAKE_REPORT", scratch_path("report"), 1);
    setenv("OMP_NUM_THREADS", "1", 1); /* a process that forks goes on with one thread */
    if (!getenv("SDBENCH_EVERY_CALL"))
        setenv("SDBENCH_FAKE_DISTINCT", "1", 1);
}

TestSuite(cuda_failures, .init = open_scratch, .fini = scratch_close, .timeout = 1800);

static void each_call_fails(const char *variant, const char *tune_seconds)
{
    struct program_result r = PROGRAM("generate", "a cat", "--backend", "cuda", "--model", "tiny", "--preset",
                                      "diffusers", "--size", "64x64", "--steps", "2", "--quiet", "-o",
                                      scratch_path("x.png"), "--variant", variant, "--tune-seconds", tune_seconds);
    cr_assert_eq(r.code, 0, "%s%s", r.output, r.log);
    size_t n;
    char *report = scratch_read("report", &n);
    char *calls = strstr(report, "fake: ");
    cr_assert(calls && strstr(calls, " children, 0 failures"), "%s: %.2000s", variant, report);
    cr_expect(strstr(report, "leaked nothing"), "%s: %.2000s", variant, report);
    cr_expect_gt(atoi(strstr(calls, "calls, ") + 7), 100, "%s", report); /* places */
    free(report);
    program_result_free(&r);
}

Test(cuda_failures, standard)
{
    each_call_fails("standard", "0");
}

Test(cuda_failures, fused_mixed_with_timing)
{
    setenv("SDBENCH_CACHE", scratch_path("cache"), 1); /* no plans are known */
    setenv("SDBENCH_FAKE_OPTIONAL", OPTIONAL_TIMING, 1);
    each_call_fails("fused-mixed", "0.5");
}
