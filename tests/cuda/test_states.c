/* The states of `bench` and `gate` on a backend that keeps plans, which is compiled for the host and accepts its work
 * without doing it: what was on disk before each sample, who chooses anew, and what a cache that changes meanwhile
 * makes of a sample. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "pipeline/base/file.h"
#include "tests/cuda/on_host.h"
#include "tests/support/program.h"
#include "tests/support/scratch.h"

/* A copy of the backend and its libraries: other tests map those in the build's folder, and starts from nothing push
 * them out of memory under each other. */
static void copy_libraries(const char *from, const char *to)
{
    DIR *folder = opendir(from);
    cr_assert(folder && !mkdir(scratch_path(to), 0700));
    for (const struct dirent *entry; (entry = readdir(folder));) {
        char source[4096], copy[512];
        struct file_map map;
        if (!strstr(entry->d_name, ".so"))
            continue;
        snprintf(source, sizeof source, "%s/%s", from, entry->d_name);
        snprintf(copy, sizeof copy, "%s/%s", to, entry->d_name);
        struct err e = file_map(source, &map);
        cr_assert(!e.code, "%s", err_text(e));
        scratch_write(copy, map.bytes, map.size);
        file_unmap(&map);
    }
    closedir(folder);
    setenv("SDBENCH_BACKENDS", scratch_path(to), 1);
    setenv("SDBENCH_CUDA", scratch_path(to), 1);
}

/* Caches of its own, so that tests beside this one change nothing. The driver's has one file when it is warm. */
static void open_caches(void)
{
    cuda_on_host();
    scratch_open();
    copy_libraries(getenv("SDBENCH_CUDA"), "libraries");
    setenv("SDBENCH_FAKE_COMPUTE", "0", 1);
    setenv("SDBENCH_CACHE", scratch_path("cache"), 1);
    setenv("SDBENCH_PLANS", scratch_path("plans"), 1);
    setenv("CUDA_CACHE_PATH", scratch_path("jit"), 1);
    cr_assert(!mkdir(scratch_path("plans"), 0700) && !mkdir(scratch_path("jit"), 0700));
    scratch_write("jit/code", "x", 1);
}

TestSuite(cuda_states, .init = open_caches, .fini = scratch_close, .timeout = 200);

#define JOB                                                                                                    \
    "--workload", "tiny", "--preset", "diffusers", "--backend", "cuda", "--variants", "fused-mixed", "--size", \
        "64x64", "--steps", "1", "--images", "1", "-q", "--out", "r"

/* The records of a run, an array. `code`: that it ends with, or the other one, since a machine that is hot, or whose
 * memory is short, makes a sample invalid too. */
static cJSON *records_of(const char *const *argument, int code, int other)
{
    size_t n;
    struct program_result r = program_run(argument, &(struct program_setting){.folder = scratch_path("")});
    cr_assert(r.code == code || r.code == other, "exit %d: %s%s", r.code, r.output, r.log);
    program_result_free(&r);
    char *lines = scratch_read("r/records.jsonl", &n), *rest = lines;
    cJSON *list = cJSON_CreateArray();
    for (char *line; (line = strsep(&rest, "\n")) && *line;) {
        cJSON *record = cJSON_Parse(line);
        cr_assert(record, "%s", line);
        cJSON_AddItemToArray(list, record);
    }
    free(lines);
    return list;
}
#define RECORDS(code, other, ...) records_of((const char *const[]){__VA_ARGS__, NULL}, code, other)

static const char *text_of(const cJSON *record, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(record, name));
    return text ? text : "";
}

static double number_of(const cJSON *record, const char *name)
{
    const cJSON *item = cJSON_GetObjectItem(record, name);
    return cJSON_IsNumber(item) ? cJSON_GetNumberValue(item) : -1;
}

static bool is(const cJSON *record, const char *name, const char *text)
{
    return !strcmp(text_of(record, name), text);
}

static bool has_phase(const cJSON *sample, const char *name)
{
    const cJSON *phase;
    cJSON_ArrayForEach(phase, cJSON_GetObjectItem(sample, "phases")) if (is(phase, "name", name)) return true;
    return false;
}

static void expect_exact(const cJSON *sample)
{
    const cJSON *phase;
    double sum = number_of(sample, "unaccounted_ns");
    cr_expect_geq(sum, 0);
    cJSON_ArrayForEach(phase, cJSON_GetObjectItem(sample, "phases")) sum += number_of(phase, "time_ns");
    cr_expect_eq(sum, number_of(sample, "time_ns"), "%s: %.0f of %.0f ns", text_of(sample, "state"), sum,
                 number_of(sample, "time_ns"));
}

/* What other processes may do to a sample on this machine: they map its files, or use up the memory. */
static bool is_machines(const char *reason)
{
    return strstr(reason, "weights") || strstr(reason, "libraries") || strstr(reason, "throttled") ||
           strstr(reason, "also mapped");
}

/* By state; the burn-in's first process finds nothing and fills the plan cache. -1: not told. */
static const struct {
    const char *state;
    bool burn_in;
    int plan_files, jit_files, count;
    bool opens, tunes; /* it makes a pipeline; it chooses by timing */
} expected[] = {
    {"C2", true, 0, 1, 1, true, true},      {"W1", true, -1, -1, 1, false, false},
    {"C0", false, 0, 0, 1, true, true},     {"C1", false, 1, 1, 1, true, false},
    {"C2", false, 1, 1, 2, true, false},    {"C3", false, 0, 1, 1, true, true},
    {"C4", false, -1, -1, 1, true, false},  {"W0", false, -1, -1, 1, false, false},
    {"W1", false, -1, -1, 4, false, false},
};

static size_t expected_of(const cJSON *sample)
{
    bool burn_in = cJSON_IsTrue(cJSON_GetObjectItem(sample, "burn_in"));
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        if (is(sample, "state", expected[i].state) && burn_in == expected[i].burn_in)
            return i;
    cr_assert(false, "nobody asked for %s", text_of(sample, "state"));
    return 0;
}

static const char *const of_opening[] = {"library load", "driver init", "context", "handles",    "plan",
                                         "upload",       "modules",     "capture", "instantiate"};

static void expect_sample(const cJSON *s, size_t i)
{
    const char *state = expected[i].state;
    expect_exact(s);
    cr_expect_eq(number_of(s, "plan_files"), expected[i].plan_files, "%s: %g", state, number_of(s, "plan_files"));
    cr_expect_eq(number_of(s, "jit_files"), expected[i].jit_files, "%s: %g", state, number_of(s, "jit_files"));
    cr_expect_eq(has_phase(s, "tuning"), expected[i].tunes, "%s", state);
    for (size_t p = 0; p < sizeof of_opening / sizeof *of_opening; p++)
        cr_expect_eq(has_phase(s, of_opening[p]), expected[i].opens, "%s: %s", state, of_opening[p]);
    if (expected[i].burn_in && expected[i].opens)
        cr_expect(is(s, "validity", "invalid") && strstr(text_of(s, "reason"), "no plans yet"));
    else
        cr_expect(!is(s, "validity", "invalid") || is_machines(text_of(s, "reason")), "%s: %s", state,
                  text_of(s, "reason"));
}

/* Reasons and facts say what, never where: the test's folder is in no record. */
static void expect_no_path(void)
{
    size_t n;
    char *lines = scratch_read("r/records.jsonl", &n);
    cr_expect(!strstr(lines, scratch_path("")), "%s", lines);
    free(lines);
}

Test(cuda_states, are_reached)
{
    cJSON *list =
        RECORDS(0, 2, "bench", JOB, "--states", "C0:1,C1:1,C2:2,C3:1,C4:1,W0:1", "--samples", "4", "--idle", "0.1");
    int count[sizeof expected / sizeof *expected] = {0};
    const char *kept = NULL;
    const cJSON *r;
    cJSON_ArrayForEach(r, list)
    {
        if (is(r, "kind", "environment"))
            cr_expect(*text_of(r, "driver_not_held") || *text_of(r, "driver_persistence"));
        if (!is(r, "kind", "sample"))
            continue;
        size_t i = expected_of(r);
        count[i]++;
        expect_sample(r, i);
        kept = kept ? kept : text_of(r, "choice_hash");
        if (!strcmp(expected[i].state, "C0") || !strcmp(expected[i].state, "C3"))
            continue;
        cr_expect_str_eq(text_of(r, "choice_hash"), kept, "%s takes the burn-in's choices", expected[i].state);
    }
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        cr_expect_eq(count[i], expected[i].count, "%s: %d", expected[i].state, count[i]);
    expect_no_path();
    cJSON_Delete(list);
}

/* Puts files into a folder until it is killed, or this process ends, or too much time has gone by. */
static pid_t disturb(const char *folder)
{
    pid_t child = fork();
    cr_assert(child >= 0);
    if (child)
        return child;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int i = 0; i < 10000; i++) {
        char name[4096];
        snprintf(name, sizeof name, "%s/more-%d", folder, i);
        close(open(name, O_CREAT | O_WRONLY, 0600));
        nanosleep(&(struct timespec){.tv_nsec = 4000000}, NULL);
    }
    _exit(0);
}

static void changes(const char *folder, const char *says)
{
    pid_t child = disturb(scratch_path(folder));
    cJSON *list = RECORDS(2, 0, "bench", JOB, "--states", "C2:2,W1:0");
    int told = 0;
    const cJSON *r;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    cJSON_ArrayForEach(r, list) if (is(r, "state", "C2") && number_of(r, "round") >= 0) told +=
        is(r, "validity", "invalid") && (strstr(text_of(r, "reason"), says) || is_machines(text_of(r, "reason")));
    char *said = cJSON_PrintUnformatted(list);
    cr_expect_geq(told, 1, "%s changed under both samples: %s", folder, said);
    free(said);
    cJSON_Delete(list);
}

Test(cuda_states, plans_that_change_make_a_sample_invalid)
{
    changes("plans", "the plan cache was not warm");
}

Test(cuda_states, compiled_code_that_comes_makes_a_sample_invalid)
{
    changes("jit", "the JIT cache was not warm");
}

/* Choices that are saved are those of the restarts, not of the starts without a plan cache behind them. Where they are
 * pinned no cache is needed, and no state is without plans. */
Test(cuda_states, saved_and_pinned)
{
    char saved[17] = "";
    const cJSON *r;
    cJSON *list = RECORDS(0, 2, "bench", JOB, "--states", "C2:1,C3:1", "--save-plan", scratch_path("saved"));
    cJSON_ArrayForEach(r, list) if (is(r, "kind", "sample") && is(r, "state", "C2"))
        snprintf(saved, sizeof saved, "%s", text_of(r, "choice_hash"));
    cJSON_Delete(list);
    setenv("SDBENCH_PLANS", scratch_path("none"), 1);
    cr_assert(!rename(scratch_path("r"), scratch_path("first")));
    list = RECORDS(0, 2, "bench", JOB, "--states", "C2:1,C3:1", "--plan", scratch_path("saved"));
    cJSON_ArrayForEach(r, list)
    {
        if (!is(r, "kind", "sample"))
            continue;
        cr_expect(!is(r, "state", "C3"), "the same as C2 where choices are pinned");
        cr_expect(!has_phase(r, "tuning"));
        cr_expect_str_eq(text_of(r, "choice_hash"), saved);
        cr_expect(!is(r, "validity", "invalid") || is_machines(text_of(r, "reason")), "%s", text_of(r, "reason"));
        cr_expect_eq(number_of(r, "plan_files"), -1);
    }
    cr_expect(access(scratch_path("none"), F_OK), "a pinned process writes no plans");
    cJSON_Delete(list);
}

/* Each side chooses once, all its rounds take that: nobody tunes in them, and none is invalid for want of plans. */
Test(cuda_states, the_gate_pins_each_side)
{
    char base[4096];
    const char *program = getenv("SDBENCH_PROGRAM");
    cr_assert(realpath(program ? program : "build/sdbench", base));
    *strrchr(base, '/') = 0;
    const cJSON *r;
    int tuned = 0, processes = 0;
    const char *kept = NULL;
    cJSON *list = RECORDS(0, 2, "gate", "--base", base, JOB, "--rounds", "4");
    cJSON_ArrayForEach(r, list)
    {
        if (!is(r, "kind", "sample") || !is(r, "state", "C2"))
            continue;
        bool pinned = processes >= 2;
        processes++;
        kept = kept ? kept : text_of(r, "choice_hash");
        tuned += has_phase(r, "tuning");
        cr_expect_str_eq(text_of(r, "choice_hash"), kept);
        cr_expect(!pinned || number_of(r, "plan_files") == -1);
        cr_expect(!pinned || !is(r, "validity", "invalid") || is_machines(text_of(r, "reason")), "%s",
                  text_of(r, "reason"));
    }
    cr_expect_eq(tuned, 1, "the same program on both sides: the second one finds the first one's plans");
    cr_expect_geq(processes, 2 + 6 + 4 * 6);
    cJSON_Delete(list);
}
