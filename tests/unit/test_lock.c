/* The lock of timed runs: who is told of whom. */
#include "bench/measure/lock.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void open_all(void)
{
    scratch_open();
    setenv("SDBENCH_LOCK", scratch_path("lock"), 1);
}

TestSuite(lock, .init = open_all, .fini = scratch_close, .timeout = 60);

/* Longer than the clock of files is coarse. */
static void let_time_pass(void)
{
    nanosleep(&(struct timespec){0, 30000000}, NULL);
}

static struct lock opened(void)
{
    struct lock l;
    lock_open(&l);
    cr_assert(l.fd >= 0 && !*l.reason, "%s", l.reason);
    return l;
}

Test(lock, alone)
{
    struct lock l = opened();
    struct lock_mark mark = lock_mark(&l);
    cr_expect(mark.others == LOCK_NO);
    let_time_pass();
    cr_expect(lock_disturbed(&l, mark) == LOCK_NO);
    lock_close(&l);
    lock_close(&l);
    cr_expect(lock_disturbed(&l, mark) == LOCK_UNKNOWN);
}

Test(lock, another_one)
{
    struct lock ours = opened(), other;
    struct lock_mark before = lock_mark(&ours);
    let_time_pass();
    other = opened();
    struct lock_mark during = lock_mark(&ours);
    cr_expect(before.others == LOCK_NO && during.others == LOCK_YES);
    cr_expect(lock_disturbed(&ours, before) == LOCK_YES, "it came");
    lock_close(&other);
    cr_expect(lock_disturbed(&ours, before) == LOCK_YES, "it came and went");
    cr_expect(lock_disturbed(&ours, during) == LOCK_YES, "it went");
    struct lock_mark after = lock_mark(&ours);
    let_time_pass();
    cr_expect(after.others == LOCK_NO && lock_disturbed(&ours, after) == LOCK_NO);
    lock_close(&ours);
}

/* A process that holds the lock and then is killed. */
Test(lock, another_process)
{
    struct lock ours = opened();
    struct lock_mark before = lock_mark(&ours);
    int ends[2];
    char ready;
    cr_assert(!pipe(ends));
    let_time_pass();
    pid_t child = fork();
    if (!child) {
        struct lock l;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        lock_open(&l);
        _exit(write(ends[1], l.fd < 0 ? "-" : "+", 1) + pause());
    }
    cr_assert(read(ends[0], &ready, 1) == 1 && ready == '+');
    cr_expect(lock_mark(&ours).others == LOCK_YES);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    cr_expect(lock_mark(&ours).others == LOCK_NO, "the kernel gave it back");
    cr_expect(lock_disturbed(&ours, before) == LOCK_YES);
    lock_close(&ours);
}

Test(lock, is_for_all_users)
{
    struct stat st;
    mode_t before = umask(0077);
    struct lock l = opened();
    umask(before);
    cr_expect(!stat(scratch_path("lock"), &st) && (st.st_mode & 07777) == 0666, "mode %o", st.st_mode);
    lock_close(&l);
}

Test(lock, a_file_that_was_replaced)
{
    struct lock ours = opened();
    struct lock_mark mark = lock_mark(&ours);
    cr_assert(!unlink(scratch_path("lock")));
    cr_expect(lock_mark(&ours).others == LOCK_UNKNOWN && lock_disturbed(&ours, mark) == LOCK_UNKNOWN);
    struct lock other = opened();
    cr_expect(lock_disturbed(&ours, mark) == LOCK_UNKNOWN, "each holds a file of its own");
    lock_close(&other);
    lock_close(&ours);
}

static void expect_unknown(const char *says)
{
    struct lock l;
    lock_open(&l);
    cr_expect(l.fd < 0 && strstr(l.reason, says) && !strchr(l.reason, '\n'), "%s", l.reason);
    struct lock_mark mark = lock_mark(&l);
    cr_expect(mark.others == LOCK_UNKNOWN && lock_disturbed(&l, mark) == LOCK_UNKNOWN);
    lock_close(&l);
}

static void open_in_scratch(void *argument)
{
    lock_open(argument);
}

Test(lock, places_that_cannot_be_had)
{
    char longest[700];
    cr_assert(!symlink("target", scratch_path("lock")));
    expect_unknown("lock: it is a link");
    cr_assert(!unlink(scratch_path("lock")) && !mkdir(scratch_path("lock"), 0700));
    expect_unknown("lock: Is a directory");
    cr_assert(!rmdir(scratch_path("lock")) && !mkfifo(scratch_path("lock"), 0600));
    expect_unknown("lock: it is not a regular file");
    setenv("SDBENCH_LOCK", scratch_path("none/lock"), 1);
    expect_unknown("none/lock: No such file");
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    setenv("SDBENCH_LOCK", longest, 1);
    expect_unknown("too long a path");
    struct lock l;
    setenv("SDBENCH_LOCK", scratch_path("other"), 1);
    scratch_unwritable(open_in_scratch, &l);
    cr_expect(l.fd < 0 && strstr(l.reason, "Permission denied"), "%s", l.reason);
}
