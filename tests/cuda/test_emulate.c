/* The emulation of CUDA's threads: that it runs kernels as a device would, in any order, and what it finds in wrong
 * ones. Compiles program/emulated_faults.cu. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "pipeline/base/text.h"
#include "tests/support/scratch.h"

TestSuite(cuda_emulation, .init = scratch_open, .fini = scratch_close);

/* Runs a line of shell in the root of the sources; its exit code, and what it says in *said (to be freed). */
static int run(const char *line, char **said)
{
    const char *root = getenv("SDBENCH_SOURCE");
    struct text t = {0};
    char command[8192], part[4096];
    snprintf(command, sizeof command, "cd '%s' && { %s; } 2>&1", root ? root : ".", line);
    FILE *f = popen(command, "r");
    cr_assert(f);
    text_add(&t, "%s", "");
    for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;)
        text_add_bytes(&t, part, n);
    *said = t.bytes;
    int status = pclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void compile(const char *flags)
{
    char line[4096], *said;
    const char *find = "toolkit=$(env -u MAKEFLAGS make -s --eval 'ci-cuda: ; @echo $(CUDA)' ci-cuda); "
                       "[ -e \"$toolkit/include/cuda_runtime_api.h\" ] || { echo no CUDA toolkit here; exit 77; }; ";
    snprintf(
        line, sizeof line,
        "%s${CXX:-g++} -std=c++17 -g %s -Wall -Wextra -Werror -DSDBENCH_CUDA_ON_HOST -I. -isystem \"$toolkit/include\" "
        "-include tests/cuda/host/emulate.h -x c++ tests/cuda/program/emulated_faults.cu tests/cuda/host/emulate.cpp "
        "-o '%s'",
        find, flags, scratch_path("faults"));
    int code = run(line, &said);
    if (code == 77)
        cr_skip_test("%s", said);
    cr_assert_eq(code, 0, "%s", said);
    free(said);
}

static int run_case(const char *schedule, const char *name, char **said)
{
    char line[2048];
    snprintf(line, sizeof line, "ulimit -c 0; SDBENCH_SCHEDULE=%s '%s' %s", schedule, scratch_path("faults"), name);
    return run(line, said);
}

/* Lane 0, then lane 31: lanes that are odd; lane 3 of one's eight; the lane two below and two above in one's half; all;
 * any. */
static const char votes[] = "aaaaaaaa 3 0 2 1 0 aaaaaaaa 1b 1d 1f 1 0 \n";

static void check_results(bool poisons_static)
{
    char *first, *said;
    cr_expect_eq(run_case("", "sums", &first), 0, "%s", first);
    float sum = 0; /* of the first block */
    for (int i = 0; i < 96; i++)
        sum += (float)(i % 37) / 7;
    cr_expect_float_eq(strtof(first, NULL), sum, 1e-3F, "%s", first);
    for (int seed = 1; seed < 8; seed++) {
        char schedule[16];
        snprintf(schedule, sizeof schedule, "%d", seed);
        cr_expect_eq(run_case(schedule, "sums", &said), 0, "%s", said);
        cr_expect_str_eq(said, first, "seed %d", seed);
        free(said);
        cr_expect_eq(run_case(schedule, "votes", &said), 0);
        cr_expect_str_eq(said, votes, "seed %d", seed);
        free(said);
    }
    free(first);

    cr_expect_eq(run_case("3", "untouched", &said), 0);
    for (char *word = strtok(said, " \n"), i = 0; word; word = strtok(NULL, " \n"), i++)
        if (i % 2 || poisons_static)
            cr_expect_str_eq(word, "cdcdcdcd", "block %d", i / 2);
    free(said);
    cr_expect_eq(run_case("", "too_many", &said), 0);
    cr_expect_str_eq(said, "1 1 1 1 \n");
    free(said);
}

static void check_orders(void)
{
    char *in_order, *a, *again, *b;
    run_case("0", "order", &in_order);
    run_case("5", "order", &a);
    run_case("5", "order", &again);
    run_case("6", "order", &b);
    cr_expect_str_eq(in_order, "0 1 2 3 4 5 6 7 0 1 2 3 4 5 6 7 0 1 2 3 \n"); /* x of 8 times 12 threads */
    cr_expect_str_neq(a, in_order);
    cr_expect_str_eq(a, again);
    cr_expect_str_neq(a, b);
    free(in_order), free(a), free(again), free(b);
}

static const struct {
    const char *name, *says;
} faults[] = {
    {"some_wait", "40 of 96 threads wait at __syncthreads"},
    {"two_barriers", "wait at different barriers"},
    {"lanes_missing", "93 of 96 threads wait for lanes of their warp"},
    {"reads_missing_lane", "reads a lane that does not take part"},
    {"own_lane_missing", "a lane that its own mask leaves out"},
    {"waits_flat", "a barrier in a launch whose threads run one after another"},
};

static void check_faults(const char *past_the_end)
{
    char *said;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        for (int seed = 0; seed < 3; seed++) {
            char schedule[16];
            snprintf(schedule, sizeof schedule, "%d", seed);
            int code = run_case(schedule, faults[i].name, &said);
            cr_expect(code != 0 && strstr(said, faults[i].says) && strstr(said, faults[i].name), "%s, seed %d: %d, %s",
                      faults[i].name, seed, code, said);
            free(said);
        }
    int code = run_case("", "past_the_end", &said);
    cr_expect(code != 0 && strstr(said, past_the_end), "%d, %s", code, said);
    free(said);
}

Test(cuda_emulation, as_it_runs)
{
    compile("-O1");
    check_results(true);
    check_orders();
    check_faults("writes past the shared memory that the launch asked for");
}

/* AddressSanitizer follows the fibers, and finds what is beyond shared memory itself. */
Test(cuda_emulation, under_sanitizers)
{
    compile("-O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined");
    check_results(false);
    check_faults("heap-buffer-overflow");
}

Test(cuda_emulation, with_the_system_s_switch)
{
    compile("-O1 -DFIBER_UCONTEXT");
    check_results(true);
    check_faults("writes past the shared memory that the launch asked for");
}
