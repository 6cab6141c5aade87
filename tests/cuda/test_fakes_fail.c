/* tests/cuda/host: failures on purpose, and the account of what is left behind. */
#if __has_include(<cudnn.h>) && __has_include(<cublasLt.h>)
#include "tests/cuda/fakes.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(fakes_fail, .init = scratch_open, .fini = scratch_close);

/* Of tests/cuda/host/client.c; the last ones release something. */
enum { CALLS = 6, RELEASES = 2 };

/* Runs it, with settings as they are in the environment. The report goes to the file "report", stderr to "log". */
static int run(const char *flaw, const char *times, const char *fail, const char *names, const char *optional)
{
    int status;
    char program[1024];
    const char *folder = getenv("SDBENCH_FAKES");
    if (!folder || !*folder)
        cr_skip_test("SDBENCH_FAKES names no folder");
    snprintf(program, sizeof program, "%s/client", folder);
    remove(scratch_path("report"));
    pid_t child = fork();
    if (!child) {
        int log = open(scratch_path("log"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (log < 0 || dup2(log, STDERR_FILENO) < 0)
            _exit(126);
        setenv("SDBENCH_FAKE_REPORT", scratch_path("report"), 1);
        setenv("SDBENCH_FAKE_LEAKS", "fatal", 1);
        setenv("SDBENCH_FAKE_FAIL", fail, 1);
        setenv("SDBENCH_FAKE_NAMES", names, 1);
        setenv("SDBENCH_FAKE_OPTIONAL", optional, 1);
        execl(program, program, flaw, times, (char *)NULL);
        _exit(127);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void expect_report(const char *words)
{
    size_t n;
    char *text = scratch_read("report", &n);
    cr_expect(strstr(text, words), "no \"%s\" in \"%s\"", words, text);
    free(text);
}

static void expect_log(const char *words)
{
    size_t n;
    char *text = scratch_read("log", &n);
    cr_expect(strstr(text, words), "no \"%s\" in \"%s\"", words, text);
    free(text);
}

Test(fakes_fail, one_call)
{
    static const char *const says[CALLS] = {"cudaErrorMemoryAllocation", "cudaErrorMemoryAllocation",
                                            "cudaErrorLaunchFailure", "cudaErrorLaunchFailure"};
    for (int i = 0; i < CALLS; i++) {
        char number[16];
        snprintf(number, sizeof number, "%d", i + 1);
        cr_expect_eq(run("none", "1", number, "", ""), i < CALLS - RELEASES ? 3 : 0, "call %d", i + 1);
        expect_report("fake: leaked nothing");
        if (says[i])
            expect_log(says[i]);
    }
    cr_expect_eq(run("none", "1", "7", "", ""), 0, "there are no more");
    cr_expect_eq(run("none", "1", "1", "cudaStreamSynchronize", ""), 3);
    expect_log("cudaErrorLaunchFailure");
}

Test(fakes_fail, each_call)
{
    cr_expect_eq(run("none", "1", "each", "", ""), 0);
    expect_report("fake: 6 calls, 6 children, 0 failures\n");
    expect_report("fake: leaked nothing");
    cr_expect_eq(run("none", "1", "each", "cudaMalloc,cudaFree", ""), 0);
    expect_report("fake: 6 calls, 2 children, 0 failures\n");
}

Test(fakes_fail, each_call_finds_what_is_wrong)
{
    static const struct {
        const char *flaw;
        const char *says[2];
    } rows[] = {
        {"leaks", {"3 failures: cudaStreamCreateWithFlags (call 2): leaked 1 device memory (16 bytes);", "call 4"}},
        {"silent", {"4 failures: cudaMalloc (call 1): exit code 3, 0 lines;", "call 4"}},
        {"talks", {"4 failures: cudaMalloc (call 1): exit code 3, 2 lines;", "call 4"}},
        {"crashes", {"4 failures: cudaMalloc (call 1): ended by signal 6, 0 lines;", "call 4"}},
        {"succeeds", {"4 failures: cudaMalloc (call 1): exit code 0, 1 lines;", "call 4"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_eq(run(rows[i].flaw, "1", "each", "", ""), 0, "the program itself is well");
        expect_report(rows[i].says[0]);
        expect_report(rows[i].says[1]);
    }
}

/* A program may go on without an optional function; here it does not say so, and ends with 0. */
Test(fakes_fail, some_calls_are_optional)
{
    cr_expect_eq(run("succeeds", "1", "each", "cudaMalloc", "cudaMalloc"), 0);
    expect_report("1 failures: cudaMalloc (call 1): exit code 0, 1 lines;");
    cr_expect_eq(run("none", "1", "each", "cudaMalloc", "cudaMalloc"), 0);
    expect_report(" 0 failures");
}

Test(fakes_fail, leaks_are_fatal)
{
    cr_expect_eq(run("always-leaks", "1", "", "", ""), FAKE_LEAKED);
    expect_report("fake: leaked 1 device memory (16 bytes)");
}

/* The same place in a loop is one place. */
Test(fakes_fail, places_that_are_distinct)
{
    setenv("SDBENCH_FAKE_DISTINCT", "1", 1);
    cr_expect_eq(run("none", "4", "each", "", ""), 0);
    expect_report("fake: 24 calls, 6 children, 0 failures\n");
}
#else
extern int fakes_need_a_toolkit;
#endif
