#include "tests/cli/bench_run.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/scratch.h"

static int libraries = -1; /* a lock that ends with this test's process */

static void lock_libraries(int how)
{
    const char *above = getenv("TMPDIR");
    char path[4096];
    snprintf(path, sizeof path, "%s/sdbench-test-libraries-%ld.lock", above && *above ? above : "/tmp", (long)getuid());
    if (libraries < 0)
        libraries = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    cr_assert(libraries >= 0 && !flock(libraries, how), "%s: %s", path, strerror(errno));
}

void bench_open(void)
{
    scratch_open();
    cr_assert(!mkdir(scratch_path("own"), 0700));
    setenv("SDBENCH_LOCK", scratch_path("own/lock"), 1);
    setenv("SDBENCH_CACHE", scratch_path("own/cache"), 1);
}

static size_t left;

static int count_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
    (void)st, (void)flag;
    left += !strstr(path, "/own/") && !(at->level == 1 && !strcmp(path + at->base, "own")) && at->level;
    return 0;
}

size_t bench_files_left(void)
{
    left = 0;
    nftw(scratch_path("."), count_one, 16, FTW_PHYS);
    return left;
}

struct program_result bench_run(int code, const char *const *argument)
{
    struct program_result r = program_run(argument, &(struct program_setting){.folder = scratch_path("")});
    cr_assert_eq(r.code, code, "exit %d, not %d: %s", r.code, code, r.log);
    return r;
}

void bench_drop(struct program_result r)
{
    program_result_free(&r);
}

void bench_need_cpu(void)
{
    struct program_result r = PROGRAM("plan", "--model", "tiny", "--size", "128x128", "--backend", "cpu", "--variant",
                                      "standard", "--memory");
    bool absent = r.code == 77;
    cr_assert(absent || r.code == 0, "exit %d: %s", r.code, r.log);
    program_result_free(&r);
    if (absent)
        cr_skip("backend cpu is not here");
    lock_libraries(LOCK_SH);
}

void bench_evicts_libraries(void)
{
    lock_libraries(LOCK_EX);
}

void expect_words(const char *text, const char *const *words)
{
    for (int i = 0; words[i]; i++)
        cr_expect(strstr(text, words[i]), "no \"%s\" in: %s", words[i], text);
}
