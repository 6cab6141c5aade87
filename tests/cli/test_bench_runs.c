/* `bench`: what ends a run, what disturbs one, and how much memory it takes. */
#include "tests/cli/bench_run.h"
#include "tests/support/record_list.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/record/read.h"

TestSuite(cli_bench_runs, .init = bench_open, .fini = scratch_close, .timeout = 240);

/* Nothing was measured yet. */
Test(cli_bench_runs, leaves_nothing_when_interrupted_at_once)
{
    bench_need_cpu();
    struct program_setting setting = {.folder = scratch_path(""), .terminal = true, .interrupt = "standard: step "};
    struct program_result r =
        PROGRAM_WITH(&setting, "bench", CPU_SMALL, "--steps", "900", "--variants", "standard", "--out", "r");
    cr_expect_eq(r.code, 130, "exit %d: %s", r.code, r.log);
    cr_expect(strstr(r.log, "/900"), "the child's progress is shown: %s", r.log);
    cr_expect_eq(bench_files_left(), 0, "files were left behind");
    program_result_free(&r);
}

Test(cli_bench_runs, keeps_what_was_measured_when_interrupted)
{
    struct program_setting setting = {.folder = scratch_path(""), .terminal = true, .interrupt = "mixed: W1 "};
    struct program_result r =
        PROGRAM_WITH(&setting, "bench", NULL_LEAST, "--samples", "100000", "--order-seed", "1", "--out", "r");
    cr_expect_eq(r.code, 130, "exit %d: %.400s", r.code, r.log);
    program_result_free(&r);
    struct records_summary s;
    struct err e = records_read(scratch_path("r"), (struct records_visitor){0}, &s);
    cr_assert(!e.code, "%s", err_text(e));
    cr_expect(s.has_environment && s.has_end && !s.is_cut_off && !s.bad_lines, "%s", s.first_bad_reason);
    cr_expect_str_eq(s.status, "cancelled");
    cr_expect(0 < s.samples && s.samples < s.planned_samples && s.samples == s.ended_samples, "%ld of %ld samples",
              (long)s.samples, (long)s.planned_samples);
    struct text missing = {0};
    records_missing_text(&s, &missing);
    EXPECT_WORDS(text_get(&missing), "cancelled", "samples are there");
    text_free(&missing);
}

enum { MOST_ARGUMENTS = 48 };

/* Starts the program in the scratch folder; what it says goes nowhere. */
static pid_t start(const char *const *argument)
{
    char program[4096];
    const char *argv[MOST_ARGUMENTS + 2] = {program}, *named = getenv("SDBENCH_PROGRAM");
    cr_assert(realpath(named ? named : "build/sdbench", program));
    for (int i = 0; argument[i] && i < MOST_ARGUMENTS; i++)
        argv[i + 1] = argument[i];
    const char *folder = scratch_path("");
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid)
        return pid;
    bool ready = !chdir(folder) && freopen("/dev/null", "w", stdout) && freopen("/dev/null", "w", stderr);
    if (ready)
        execv(program, (char *const *)argv);
    _exit(127);
}
#define START(...) start((const char *const[]){"bench", __VA_ARGS__, "-q", NULL})

static void nap(void)
{
    nanosleep(&(struct timespec){0, 2000000}, NULL);
}

static bool has_sample(const char *folder)
{
    char path[128];
    size_t n;
    snprintf(path, sizeof path, "%s/records.jsonl", folder);
    if (access(scratch_path(path), R_OK))
        return false;
    char *text = scratch_read(path, &n);
    bool found = strstr(text, "\"kind\":\"sample\"") != NULL;
    free(text);
    return found;
}

static int end_of(pid_t pid)
{
    int status = 0;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Runs under one lock mark each other's samples. */
Test(cli_bench_runs, two_at_once_disturb_each_other)
{
    static const char reason[] = "another timed run of sdbench was on this machine";
    pid_t first = START(NULL_LEAST, "--variants", "standard", "--states", "C2:1", "--samples", "100000", "--out", "a");
    while (!has_sample("a") && !waitpid(first, NULL, WNOHANG))
        nap();
    struct program_result r =
        BENCH(NULL_LEAST, "--variants", "standard", "--states", "C2:2", "--samples", "20", "--out", "b", "-q");
    EXPECT_WORDS(r.output, "! Standard, C2: 2 of 2 samples disturbed (", "! Standard, W1: 20 of 20 samples disturbed (",
                 "times may be too long", "]!");
    program_result_free(&r);
    cr_expect(!kill(first, SIGINT) && end_of(first) == 130, "it lasted until then");
    struct record_list b = record_list_read("b"), a = record_list_read("a");
    cr_expect_eq(record_list_samples(&b, NULL, "disturbed"), record_list_samples(&b, NULL, NULL));
    int told = 0;
    for (int i = 0; i < a.count; i++)
        told += !strcmp(record_text(a.record[i], "reason"), reason);
    cr_expect_gt(told, 0, "the first one saw the second");
    for (int i = 0; i < b.count; i++)
        cr_expect(!record_is_sample(b.record[i], NULL) || !strcmp(record_text(b.record[i], "reason"), reason), "%s",
                  record_line(b.record[i]));
    record_list_free(&a);
    record_list_free(&b);
}

/* One after the other they do not. */
Test(cli_bench_runs, alone_nothing_is_disturbed_by_a_run)
{
    for (int i = 0; i < 2; i++) {
        BENCH_QUIETLY(NULL_LEAST, "--variants", "standard", "--states", "C2:1,W1:3", "--out", i ? "b" : "a");
        struct record_list l = record_list_read(i ? "b" : "a");
        for (int k = 0; k < l.count; k++)
            cr_expect_not(strstr(record_text(l.record[k], "reason"), "another timed run"), "%s",
                          record_line(l.record[k]));
        record_list_free(&l);
    }
}

/* The largest memory that a process holds as long as it lives, in kB, looked at again and again. */
static long peak_kb(pid_t pid)
{
    char path[64], line[256];
    long peak = 0, now;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    for (; !waitpid(pid, NULL, WNOHANG); nap()) {
        FILE *f = fopen(path, "r");
        while (f && fgets(line, sizeof line, f))
            if (sscanf(line, "VmHWM: %ld", &now) == 1 && now > peak)
                peak = now;
        if (f)
            fclose(f);
    }
    return peak;
}

static long peak_of_run(const char *samples, const char *folder)
{
    return peak_kb(
        START(NULL_LEAST, "--variants", "standard", "--states", "C2:1", "--samples", samples, "--out", folder));
}

/* Neither who measures nor who is measured grows with the samples: what is kept of each is 48 bytes. */
Test(cli_bench_runs, memory_is_flat_over_10000_samples)
{
#ifdef __SANITIZE_ADDRESS__
    cr_skip("the sanitizer keeps what was freed");
#endif
    long few = peak_of_run("1000", "a"), many = peak_of_run("10000", "b");
    cr_expect(few > 0 && many - few < 2048, "%ld kB with 1,000 samples, %ld kB with 10,000", few, many);
    struct record_list l = record_list_read("b");
    double early = 0, late = 0;
    int warm = 0;
    for (int i = 0; i < l.count; i++)
        if (record_is_sample(l.record[i], "W1") && !cJSON_HasObjectItem(l.record[i], "burn_in")) {
            double peak = record_number(l.record[i], "peak_resident_bytes");
            early = warm < 1000 ? fmax(early, peak) : early;
            late = warm >= 9000 ? fmax(late, peak) : late;
            warm++;
        }
    cr_expect_eq(warm, 10000);
    cr_expect(0 < early && late - early < 1e6, "%g bytes in the first 1,000, %g in the last", early, late);
    record_list_free(&l);
}
