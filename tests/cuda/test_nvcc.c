/* ci/kernels: what nvcc makes of every kernel, for every chip. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "pipeline/base/text.h"
#include "tests/support/scratch.h"

TestSuite(nvcc, .init = scratch_open, .fini = scratch_close);

static const char *source_root(void)
{
    const char *root = getenv("SDBENCH_SOURCE");
    return root ? root : ".";
}

/* Runs the script with these words ahead of and behind its name; returns its exit code, and all that it says in *said
 * (to be freed). */
static int run_script(const char *ahead, const char *behind, char **said)
{
    struct text t = {0};
    char command[8192], part[4096];
    snprintf(command, sizeof command, "cd '%s' && %s ci/kernels %s 2>&1", source_root(), ahead, behind);
    FILE *f = popen(command, "r");
    cr_assert(f);
    text_add(&t, "%s", "");
    for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;)
        text_add_bytes(&t, part, n);
    *said = t.bytes;
    int status = pclose(f);
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
    if (code == 77 && !strstr(ahead, "CUDA="))
        cr_skip_test("%s", *said);
    return code;
}

/* Whether a line of the table is about this file and chip. */
static bool has_row(const char *table, const char *file, const char *chip)
{
    for (const char *line = table; line; line = strchr(line, '\n')) {
        char name[128], kernel[512], of[32];
        line += *line == '\n';
        if (sscanf(line, "%127s %511s %31s", name, kernel, of) == 3 && !strcmp(name, file) && !strcmp(of, chip))
            return true;
        if (!*line)
            break;
    }
    return false;
}

Test(nvcc, every_kernel_for_every_chip)
{
    static const char *const chips[] = {"sm_75", "sm_80", "sm_90"};
    char *said, folder[4096];
    int files = 0, code = run_script("", "", &said);
    cr_expect_eq(code, 0, "%s", said);
    snprintf(folder, sizeof folder, "%s/pipeline/runtime/cuda/kernels", source_root());
    DIR *d = opendir(folder);
    cr_assert(d, "%s", folder);
    for (struct dirent *e; (e = readdir(d));) {
        char *end = strstr(e->d_name, ".cu");
        if (!end || strcmp(end, ".cu"))
            continue;
        *end = 0;
        files++;
        for (size_t i = 0; i < sizeof chips / sizeof *chips; i++)
            cr_expect(has_row(said, e->d_name, chips[i]), "no row of %s.cu on %s in\n%s", e->d_name, chips[i], said);
    }
    cr_expect_gt(files, 0);
    closedir(d);
    free(said);
}

/* Runs the script on a folder with one file, which is built in that folder too. */
static int run_on(const char *code, char **said)
{
    char ahead[4096], folder[4096];
    snprintf(folder, sizeof folder, "'%s'", scratch_path("."));
    snprintf(ahead, sizeof ahead, "BUILD='%s'", scratch_path("build"));
    scratch_write("made_up.cu", code, strlen(code));
    return run_script(ahead, folder, said);
}

Test(nvcc, a_spill_is_an_offence)
{
    char *said; /* 96 values that depend on each other in threads of 64 registers */
    int code =
        run_on("namespace {\n"
               "template <int N> __global__ void __launch_bounds__(1024) spiller(const float *x, float *y, int n)\n"
               "{\n"
               "    float v[N];\n"
               "    for (int i = 0; i < N; i++) v[i] = x[i * 1024 + threadIdx.x];\n"
               "    for (int j = 0; j < n; j++)\n"
               "        for (int i = 0; i < N; i++) v[i] = v[i] * x[j] + v[(7 * i + 3) % N];\n"
               "    for (int i = 0; i < N; i++) y[threadIdx.x * N + i] = v[i];\n"
               "}\n"
               "}\n"
               "void start(const float *x, float *y) { spiller<96><<<1, 1024>>>(x, y, 9); }\n",
               &said);
    cr_expect_eq(code, 1, "%d: %s", code, said);
    cr_expect(strstr(said, "made_up.cu: spiller<96> on sm_90: stack frame of "), "%s", said);
    cr_expect(has_row(said, "made_up", "sm_75"), "%s", said);
    free(said);
}

Test(nvcc, a_warning_is_an_offence)
{
    char *said;
    int code = run_on("__global__ void idle(int *x) { int unused; x[0] = 1; }\n", &said);
    cr_expect_eq(code, 1, "%d: %s", code, said);
    cr_expect(strstr(said, "unused"), "%s", said);
    cr_expect(strstr(said, "a kernel does not compile"), "%s", said);
    free(said);
}

Test(nvcc, without_a_compiler)
{
    char *said;
    int code = run_script("CUDA=/nowhere", "", &said);
    cr_expect_eq(code, 77, "%d: %s", code, said);
    cr_expect(strstr(said, "ci/kernels: no nvcc here"), "%s", said);
    free(said);
}
