/* The operations and our own kernels once more under AddressSanitizer and UndefinedBehaviorSanitizer: with the CUDA
 * backend and its libraries built for both (the Makefile does it), in a process that has the sanitizers from the start.
 */
#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pipeline/base/text.h"

TestSuite(cuda_sanitized, .timeout = 600);

/* All that a command prints, malloc'ed, and its exit status. */
static char *run(const char *command, int *status)
{
    struct text all = {0};
    char part[4096];
    FILE *f = popen(command, "r");
    cr_assert(f);
    for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;)
        text_add_bytes(&all, part, n);
    *status = pclose(f);
    return all.bytes ? all.bytes : strdup("");
}

static void holds(const char *suite, int least)
{
    const char *sanitizers = getenv("SDBENCH_SANITIZERS"), *folder = getenv("SDBENCH_SANITIZED_CUDA");
    char self[PATH_MAX] = "";
    if (!sanitizers || !folder)
        cr_skip_test("the CUDA backend was not built with sanitizers");
    cr_assert_gt(readlink("/proc/self/exe", self, sizeof self - 1), 0);
    struct text command = {0};
    int status, tested = 0;
    /* BXFI_MAP would make it a part of this run. What leaks is found by `make sanitize` and by the account of the
     * host's CUDA */
    text_add(
        &command,
        "env -u BXFI_MAP -u SDBENCH_SANITIZED_CUDA LD_PRELOAD='%s' ASAN_OPTIONS=detect_leaks=0 SDBENCH_HOST_CUDA='%s' "
        "SDBENCH_CUDA_ON_HOST='%s/sdbench-cuda.so' '%s' --jobs 1 --filter '%s' 2>&1",
        sanitizers, folder, folder, self, suite);
    char *said = run(text_get(&command), &status);
    const char *summary = strstr(said, "Tested: ");
    cr_expect(!status && summary && strstr(summary, "Failing: 0 | Crashing: 0"), "%s: status %d: %.4000s", suite,
              status, said);
    cr_expect(!strstr(said, "Sanitizer") && !strstr(said, "runtime error"), "%s: %.4000s", suite, said);
    if (summary)
        tested = atoi(summary + strlen("Tested: "));
    cr_expect_geq(tested, least, "%s: %d tests ran: %.2000s", suite, tested, said);
    free(said);
    text_free(&command);
}

/* Half of the operations each, so that two processors have something to do. */
Test(cuda_sanitized, operations_a_to_l)
{
    holds("op_cuda/[a-l]*", 12);
}

Test(cuda_sanitized, operations_m_to_z)
{
    holds("op_cuda/[m-z]*", 10);
}

Test(cuda_sanitized, kernels)
{
    holds("cuda_kernels/*", 15);
}

Test(cuda_sanitized, attention)
{
    holds("cuda_attention/*", 5);
}
