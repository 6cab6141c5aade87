/* `bench` that is killed, or whose disk fails: what was measured stays readable, and one line says what went wrong. */
#include "tests/support/program.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/record/read.h"
#include "bench/statistics/draw.h"
#include "pipeline/base/clock.h"
#include "pipeline/base/file.h"
#include "pipeline/base/text.h"

static void open_with_cache(void)
{
    scratch_open();
    setenv("SDBENCH_CACHE", scratch_path("cache"), 1); /* tests beside this one evict what they share */
}

TestSuite(cli_killed, .init = open_with_cache, .fini = scratch_close, .timeout = 120);

#define BENCH "bench", "--workload", "tiny", "--backend", "null", "--variants", "standard,fused", "-q"
#define SHORT BENCH, "--states", "C2:2,W1:4"
#define LONG  BENCH, "--states", "C2:40,W1:80"

/* In the scratch folder; what it says on stderr goes to the file "log" there. */
static pid_t start(const char *const *argument)
{
    const char *named = getenv("SDBENCH_PROGRAM"), *argv[32] = {"sdbench"};
    char *program = realpath(named ? named : "build/sdbench", NULL);
    cr_assert(program, "no program");
    for (int i = 0; argument[i]; i++)
        argv[i + 1] = argument[i];
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, scratch_path("log"), O_WRONLY | O_CREAT | O_TRUNC, 0666);
    posix_spawn_file_actions_addchdir_np(&actions, scratch_path(""));
    pid_t pid;
    int failed = posix_spawn(&pid, program, &actions, NULL, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    free(program);
    cr_assert(!failed, "%s", strerror(failed));
    return pid;
}
#define START(...) start((const char *const[]){__VA_ARGS__, NULL})

static int finish(pid_t pid)
{
    int status;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* So that no run has to make the weights. */
static void make_weights(void)
{
    struct program_result r = program_run((const char *const[]){"generate", "--model", "tiny", "--backend", "null",
                                                                "-q", "-o", "picture.png", "a prompt", NULL},
                                          &(struct program_setting){.folder = scratch_path("")});
    cr_assert_eq(r.code, 0, "exit %d: %s", r.code, r.log);
    program_result_free(&r);
}

static void expect_works(const char *folder)
{
    struct records_summary s;
    struct text missing = {0};
    struct program_result r = program_run((const char *const[]){SHORT, "--out", folder, NULL},
                                          &(struct program_setting){.folder = scratch_path("")});
    cr_assert_eq(r.code, 0, "exit %d: %s", r.code, r.log);
    program_result_free(&r);
    struct err e = records_read(scratch_path(folder), (struct records_visitor){0}, &s);
    cr_assert(!e.code, "%s", err_text(e));
    records_missing_text(&s, &missing);
    cr_expect_str_eq(text_get(&missing), "");
    text_free(&missing);
}

/* Of a run that did not come to its end: how many samples it left. */
static int64_t expect_readable(const char *folder)
{
    struct records_summary s;
    struct text missing = {0};
    char file[64];
    snprintf(file, sizeof file, "%s/records.jsonl", folder);
    if (!file_exists(scratch_path(file)))
        return 0;
    struct err e = records_read(scratch_path(folder), (struct records_visitor){0}, &s);
    cr_assert(!e.code, "%s", err_text(e));
    records_missing_text(&s, &missing);
    cr_expect_eq(s.bad_lines, 0, "%s: %s", folder, text_get(&missing));
    cr_expect(strstr(text_get(&missing), s.records ? "no end record" : "no record"), "%s: \"%s\"", folder,
              text_get(&missing));
    cr_expect(!s.records || s.has_environment, "%s", folder);
    if (s.has_environment && s.samples < s.planned_samples) {
        char says[64];
        snprintf(says, sizeof says, "%lld of %lld samples are there", (long long)s.samples,
                 (long long)s.planned_samples);
        cr_expect(strstr(text_get(&missing), says), "%s: no \"%s\" in: %s", folder, says, text_get(&missing));
    }
    text_free(&missing);
    return s.samples;
}

static void sleep_ns(int64_t ns)
{
    nanosleep(&(struct timespec){ns / 1000000000, ns % 1000000000}, NULL);
}

enum { MOST_SECONDS = 20 };

/* Processes that the killed one had started are ours then: none of them may live on. The signal that ended the last. */
static int collect_orphans(void)
{
    int64_t end_ns = clock_now_ns() + MOST_SECONDS * (int64_t)1000000000;
    for (int last = 0, status;;) {
        pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid < 0 && errno == ECHILD)
            return last;
        if (pid > 0)
            last = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        cr_assert(clock_now_ns() < end_ns, "a process lives on");
        if (!pid)
            sleep_ns(1000000);
    }
}

static void kill_it(pid_t pid)
{
    cr_assert(!kill(pid, SIGKILL));
    finish(pid);
}

/* At moments that are spread over the first third of the time that a short run takes. */
Test(cli_killed, leaves_records_that_can_be_read)
{
    enum { KILLS = 50 };
    struct draw d = {1};
    int64_t samples = 0;
    make_weights();
    cr_assert(!prctl(PR_SET_CHILD_SUBREAPER, 1L));
    int64_t begin_ns = clock_now_ns();
    expect_works("results/first");
    int64_t whole_ns = clock_now_ns() - begin_ns;
    for (int i = 0; i < KILLS; i++) {
        char folder[32];
        snprintf(folder, sizeof folder, "results/%d", i);
        pid_t pid = START(LONG, "--out", folder);
        sleep_ns((int64_t)(draw_uniform(&d) * 0.3 * (double)whole_ns));
        kill_it(pid);
        collect_orphans();
        samples += expect_readable(folder);
    }
    cr_expect_gt(samples, 0, "not one of them had come to a sample");
    expect_works("results/last");
}

/* ... and with nothing in the cache: it makes the weights first. */
Test(cli_killed, a_cache_that_was_begun_is_no_cache)
{
    cr_assert(!prctl(PR_SET_CHILD_SUBREAPER, 1L));
    for (int i = 0; i < 8; i++) {
        char folder[32];
        snprintf(folder, sizeof folder, "results/%d", i);
        pid_t pid = START(LONG, "--out", folder);
        sleep_ns((int64_t)i * 20000000);
        kill_it(pid);
        collect_orphans();
        expect_readable(folder);
    }
    expect_works("results/last");
}

/* Waits until a run has recorded a sample. */
static void wait_for_sample(const char *folder)
{
    int64_t end_ns = clock_now_ns() + MOST_SECONDS * (int64_t)1000000000;
    struct records_summary s = {0};
    while (!s.samples) {
        struct err e = records_read(scratch_path(folder), (struct records_visitor){0}, &s);
        err_free(&e); /* it is not there yet */
        cr_assert(clock_now_ns() < end_ns, "no sample comes");
        sleep_ns(1000000);
    }
}

/* It would wait for a minute before its next sample. */
Test(cli_killed, its_process_ends_with_it)
{
    cr_assert(!prctl(PR_SET_CHILD_SUBREAPER, 1L));
    pid_t pid = START(BENCH, "--states", "C2:1,W0:1", "--idle", "60", "--out", "r");
    wait_for_sample("r");
    kill_it(pid);
    cr_expect_eq(collect_orphans(), SIGKILL);
    expect_readable("r");
}

static void expect_one_line(const char *log, const char *const *words)
{
    const char *newline = strchr(log, '\n');
    cr_expect(newline && !newline[1] && !strncmp(log, "sdbench: ", 9), "one line: %s", log);
    for (; *words; words++)
        cr_expect(strstr(log, *words), "no \"%s\" in: %s", *words, log);
}
#define EXPECT_ONE_LINE(log, ...) expect_one_line(log, (const char *const[]){__VA_ARGS__, NULL})

/* Whether it ended with its own word, or could not even write that. */
static void expect_failed(const char *folder)
{
    char file[64];
    struct records_summary s;
    snprintf(file, sizeof file, "%s/records.jsonl", folder);
    if (!file_exists(scratch_path(file)))
        return;
    struct err e = records_read(scratch_path(folder), (struct records_visitor){0}, &s);
    cr_expect(!e.code && !s.bad_lines, "%s", err_text(e));
    cr_expect(!s.has_end || !strcmp(s.status, "failed"), "%s", s.status);
    err_free(&e);
}

/* The first does not hold the environment's record, the others some samples; nor a picture, some of them. */
Test(cli_killed, a_limit_on_files_is_an_error)
{
    static const rlim_t limits[] = {1000, 5000, 20000};
    struct rlimit usual;
    make_weights();
    cr_assert(!getrlimit(RLIMIT_FSIZE, &usual));
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        char folder[32];
        snprintf(folder, sizeof folder, "r%zu", i);
        cr_assert(!setrlimit(RLIMIT_FSIZE, &(struct rlimit){limits[i], usual.rlim_max}));
        struct program_result r = program_run((const char *const[]){LONG, "--out", folder, NULL},
                                              &(struct program_setting){.folder = scratch_path("")});
        cr_assert(!setrlimit(RLIMIT_FSIZE, &usual));
        cr_expect_eq(r.code, 3, "%zu: exit %d: %s", i, r.code, r.log);
        EXPECT_ONE_LINE(r.log, "File too large", folder);
        program_result_free(&r);
        expect_failed(folder);
    }
}

/* A file system of our own, which nobody else sees. */
static void mount_small(const char *size)
{
    char options[64];
    snprintf(options, sizeof options, "size=%s", size);
    cr_assert(!mkdir(scratch_path("disk"), 0777) || errno == EEXIST);
    if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
        mount("none", scratch_path("disk"), "tmpfs", 0, options))
        cr_skip("no file system may be mounted here: %s", strerror(errno));
}

Test(cli_killed, a_full_disk_is_an_error)
{
    static const char *const sizes[] = {"8k", "32k", "256k"};
    make_weights();
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        mount_small(sizes[i]);
        struct program_result r = program_run((const char *const[]){LONG, "--out", "disk/r", NULL},
                                              &(struct program_setting){.folder = scratch_path("")});
        cr_expect_eq(r.code, 3, "%s: exit %d: %s", sizes[i], r.code, r.log);
        EXPECT_ONE_LINE(r.log, "No space left on device", "disk/r");
        program_result_free(&r);
        expect_failed("disk/r");
        cr_assert(!umount2(scratch_path("disk"), MNT_DETACH));
    }
    expect_works("last");
}

/* One that root may not write either. */
Test(cli_killed, a_file_system_that_may_not_be_written)
{
    mount_small("64k");
    cr_assert(!mount("none", scratch_path("disk"), NULL, MS_REMOUNT | MS_RDONLY, NULL));
    struct program_result r = program_run((const char *const[]){SHORT, "--out", "disk/r", NULL},
                                          &(struct program_setting){.folder = scratch_path("")});
    cr_assert(!umount2(scratch_path("disk"), MNT_DETACH));
    cr_expect_eq(r.code, 3, "exit %d: %s", r.code, r.log);
    EXPECT_ONE_LINE(r.log, "--out: disk/r: folder cannot be made", "Read-only file system");
    program_result_free(&r);
}

static void expect_removal_noticed(bool replaced, const char *const *words)
{
    size_t n;
    pid_t pid = START(LONG, "--out", "r");
    wait_for_sample("r");
    cr_assert(!rename(scratch_path("r"), scratch_path("elsewhere")));
    cr_assert(!replaced || !mkdir(scratch_path("r"), 0777));
    cr_expect_eq(finish(pid), 3);
    char *log = scratch_read("log", &n);
    expect_one_line(log, words);
    free(log);
    expect_failed("elsewhere");
    char file[] = "r/records.jsonl";
    cr_expect(!file_exists(scratch_path(file)), "another run's folder was written to");
}

/* Found by the process that writes pictures there, or by the one that writes records. */
Test(cli_killed, a_folder_that_is_removed_meanwhile)
{
    expect_removal_noticed(false, (const char *const[]){"r", NULL});
    cr_expect(!file_exists(scratch_path("r")), "it was made again");
}

Test(cli_killed, a_folder_that_is_replaced_meanwhile)
{
    expect_removal_noticed(true, (const char *const[]){"r", NULL});
}
