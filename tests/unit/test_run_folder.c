/* Folders of runs: made once, appended to whole, and what is said where that is not possible. */
#include "bench/record/folder.h"
#include "bench/record/read.h"
#include "tests/support/run_folders.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/json.h"
#include "bench/record/record.h"
#include "pipeline/base/file.h"
#include "pipeline/base/text.h"

TestSuite(run_folder, .init = scratch_open, .fini = scratch_close);

static cJSON *a_record(const struct run_folder *f, const char *kind)
{
    return record_begin(kind, f->run, "fused", "null", "tiny");
}

static struct records_summary summary_of(const char *path)
{
    struct records_summary s;
    expect_ok(records_read(path, (struct records_visitor){0}, &s));
    return s;
}

Test(run_folder, holds_all_that_was_appended)
{
    struct run_folder f = opened(scratch_path("a/b/"));
    cr_expect_str_eq(f.path, scratch_path("a/b"));
    cr_expect(strstr(f.run, "Z-tiny-") && strlen(f.run) == 16 + 6 + 4, "%s", f.run);
    expect_ok(run_folder_append(&f, a_record(&f, "environment")));
    for (int i = 0; i < 3; i++)
        expect_ok(run_folder_append(&f, a_record(&f, "sample")));
    cr_expect_eq(summary_of(f.path).records, 4, "before the end");
    expect_ok(run_folder_end(&f, RUN_COMPLETE, NULL));
    expect_ok(run_folder_end(&f, RUN_FAILED, "a second end is none"));
    expect_failed(run_folder_append(&f, a_record(&f, "sample")), "is closed");
    struct records_summary s = summary_of(f.path);
    cr_expect(s.records == 5 && s.samples == 3 && s.ended_samples == 3 && !s.bad_lines);
    cr_expect_str_eq(s.status, "complete");
    size_t n;
    char *text = scratch_read("a/b/records.jsonl", &n), *last = strrchr(text, '{'); /* the counts */
    cr_expect_str_eq(last, "{\"environment\":1,\"sample\":3}}\n", "%s", text);
    cr_expect(strstr(text, "\"kind\":\"end\",\"run\":\"") && strstr(strstr(text, "\"end\""), "\"variant\":\"fused\""));
    free(text);
    run_folder_close(&f);
    run_folder_close(&f);
    run_folder_abandon(&(struct run_folder){0});
}

Test(run_folder, of_no_name_is_a_new_one)
{
    cr_assert(!chdir(scratch_path(".")));
    struct run_folder f[3];
    for (int i = 0; i < 3; i++) {
        f[i] = opened(NULL);
        cr_expect(strstr(f[i].path, "build/results/2") == f[i].path && strstr(f[i].path, "Z-tiny"), "%s", f[i].path);
        for (int k = 0; k < i; k++)
            cr_expect_str_neq(f[i].path, f[k].path);
    }
    for (int i = 0; i < 3; i++)
        run_folder_abandon(&f[i]);
    cr_expect(file_exists("build/results"), "it was not empty yet when the run that made it went");
    struct run_folder odd;
    expect_ok(run_folder_open(NULL, "../a name", &odd));
    cr_expect(strstr(odd.path, "Z-..-a-name"), "%s", odd.path);
    run_folder_abandon(&odd);
}

Test(run_folder, takes_one_run)
{
    struct run_folder first = opened(scratch_path("r")), second;
    expect_ok(run_folder_append(&first, a_record(&first, "sample")));
    expect_failed(run_folder_open(scratch_path("r"), "tiny", &second), "r: holds a run already (records.jsonl); name");
    cr_expect(!second.path && second.fd < 0);
    expect_ok(run_folder_append(&first, a_record(&first, "sample")));
    expect_ok(run_folder_end(&first, RUN_COMPLETE, NULL));
    expect_failed(run_folder_open(scratch_path("r"), "tiny", &second), "holds a run already");
    cr_expect_eq(summary_of(first.path).samples, 2);
    run_folder_close(&first);
}

/* Processes that begin at the same moment: how many got a folder. */
static int race(const char *out, int processes)
{
    int gate[2], won = 0;
    cr_assert(!pipe(gate));
    for (int i = 0; i < processes; i++)
        if (!fork()) {
            char byte;
            struct run_folder f;
            close(gate[1]);
            (void)!read(gate[0], &byte, 1);
            struct err e = run_folder_open(out, "tiny", &f);
            bool ok = !e.code && !run_folder_append(&f, a_record(&f, "sample")).code;
            _exit(ok ? 0 : strstr(err_text(e), "holds a run already") ? 1 : 2);
        }
    close(gate[0]);
    close(gate[1]);
    for (int status; wait(&status) > 0;) {
        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) < 2);
        won += WIFEXITED(status) && !WEXITSTATUS(status);
    }
    return won;
}

Test(run_folder, is_never_shared)
{
    enum { PROCESSES = 8 };
    cr_assert(!chdir(scratch_path(".")));
    cr_expect_eq(race("a/b/c", PROCESSES), 1);
    cr_expect_eq(summary_of("a/b/c").records, 1);
    cr_expect_eq(race(NULL, PROCESSES), PROCESSES);
}

Test(run_folder, may_hold_other_things)
{
    cr_assert(!mkdir(scratch_path("mine"), 0755));
    scratch_write("mine/notes", "x", 1);
    struct run_folder f = opened(scratch_path("mine"));
    expect_ok(run_folder_append(&f, a_record(&f, "environment")));
    expect_ok(run_folder_write(&f, "table.txt", "t\n", 2));
    run_folder_abandon(&f);
    cr_expect(file_exists(scratch_path("mine/notes")), "what was there stays");
    cr_expect_not(file_exists(scratch_path("mine/records.jsonl")));
    cr_expect_not(file_exists(scratch_path("mine/table.txt")));
}

Test(run_folder, goes_again_where_nothing_was_measured)
{
    struct run_folder f = opened(scratch_path("a/b/c"));
    char *path = run_folder_file(&f, "picture.png");
    cr_expect_str_eq(path, scratch_path("a/b/c/picture.png"));
    scratch_write("a/b/c/picture.png", "x", 1);
    free(path);
    expect_ok(run_folder_append(&f, a_record(&f, "environment")));
    run_folder_abandon(&f);
    cr_expect_eq(scratch_count(), 0, "and the folders above with it");

    f = opened(scratch_path("a/b"));
    scratch_write("a/b/notes", "x", 1);
    run_folder_abandon(&f);
    cr_expect(file_exists(scratch_path("a/b/notes")), "a file of somebody else stays, and its folder");
    cr_expect_not(file_exists(scratch_path("a/b/records.jsonl")));

    f = opened(scratch_path("c"));
    expect_ok(run_folder_append(&f, a_record(&f, "sample")));
    run_folder_abandon(&f);
    cr_expect_eq(summary_of(scratch_path("c")).samples, 1, "a sample stays");
}

/* What a run that failed leaves: its end and the reason, or nothing where it had not begun to measure. */
Test(run_folder, of_a_failed_run)
{
    struct run_folder f = opened(scratch_path("a/b"));
    run_folder_fail(&f, RUN_FAILED, "no environment even");
    cr_expect_eq(scratch_count(), 0);
    f = opened(scratch_path("a/b"));
    expect_ok(run_folder_append(&f, a_record(&f, "environment")));
    run_folder_fail(&f, RUN_CANCELLED, "cancelled");
    cr_expect_eq(scratch_count(), 0);
    f = opened(scratch_path("a/b"));
    expect_ok(run_folder_append(&f, a_record(&f, "environment")));
    expect_ok(run_folder_append(&f, a_record(&f, "sample")));
    run_folder_fail(&f, RUN_CANCELLED, "by the user");
    struct records_summary s = summary_of(scratch_path("a/b"));
    cr_expect(s.samples == 1 && s.has_end && s.ended_samples == 1);
    cr_expect_str_eq(s.status, "cancelled");
    cr_expect_str_eq(s.reason, "by the user");
    run_folder_fail(&f, RUN_FAILED, "legal twice");
}

Test(run_folder, writes_files_whole)
{
    struct run_folder f = opened(scratch_path("r"));
    expect_ok(run_folder_write(&f, "a.txt", "one", 3));
    expect_ok(run_folder_write(&f, "a.txt", "two", 3));
    size_t n;
    char *text = scratch_read("r/a.txt", &n);
    cr_expect_str_eq(text, "two");
    free(text);
    expect_failed(run_folder_write(&f, "missing/a.txt", "x", 1), "missing/a.txt: cannot be created");
    run_folder_abandon(&f);
    cr_expect_eq(scratch_count(), 0);
}

Test(run_folder, refuses_what_is_no_number)
{
    struct run_folder f = opened(scratch_path("r"));
    const double values[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        cJSON *record = a_record(&f, "sample");
        cJSON_AddNumberToObject(cJSON_AddObjectToObject(record, "power"), "mean_watts", values[i]);
        expect_failed(run_folder_append(&f, record),
                      "r/records.jsonl: a record's \"power.mean_watts\" is not a finite number");
    }
    expect_failed(run_folder_append(&f, NULL), "out of memory");
    cr_expect_eq(summary_of(f.path).lines, 0);
    run_folder_abandon(&f);
}

Test(run_folder, texts_are_made_utf8)
{
    struct run_folder f = opened(scratch_path("r"));
    cJSON *record = a_record(&f, "sample");
    cJSON_AddStringToObject(record, "prompt", "caf\xc3\xa9 \xe9t\xe9 \xf0\x9f\xa6\xa6\xed\xa0\x80 end\xc3");
    expect_ok(run_folder_append(&f, record));
    size_t n;
    char *text = scratch_read("r/records.jsonl", &n);
    cr_expect(text_is_utf8(text, n) && strstr(text, "\"caf\xc3\xa9 ?t? \xf0\x9f\xa6\xa6??? end?\""), "%s", text);
    free(text);
    run_folder_close(&f);
}

/* A writer that is killed at any moment: what it has written is readable, and says that the rest is missing. */
Test(run_folder, survives_a_kill)
{
    enum { KILLS = 20, PLANNED = 1000000 };
    srand(1);
    for (int i = 0; i < KILLS; i++) {
        char name[16], says[64];
        snprintf(name, sizeof name, "k%d", i);
        const char *path = scratch_path(name);
        pid_t child = fork();
        if (!child) {
            struct run_folder f = opened(path);
            cJSON *first = a_record(&f, "environment");
            cJSON_AddNumberToObject(cJSON_AddObjectToObject(first, "planned"), "samples", PLANNED);
            struct err e = run_folder_append(&f, first);
            for (int k = 0; k < PLANNED && !e.code; k++)
                e = run_folder_append(&f, a_record(&f, "sample"));
            _exit(1);
        }
        usleep((useconds_t)(rand() % 20000));
        cr_assert(!kill(child, SIGKILL) && waitpid(child, NULL, 0) == child);
        char records[1100];
        snprintf(records, sizeof records, "%s/" RECORDS_FILE, path);
        if (!file_exists(records))
            continue; /* killed before there was anything */
        struct records_summary s = summary_of(path);
        struct text missing = {0};
        records_missing_text(&s, &missing);
        cr_expect(!s.bad_lines && !s.has_end && s.records == s.samples + s.has_environment);
        snprintf(says, sizeof says, "cut off: %d of %d samples are there", (int)s.samples, PLANNED);
        cr_expect(!s.records || strstr(text_get(&missing), says), "%s", text_get(&missing));
        cr_expect_str_neq(text_get(&missing), "");
        text_free(&missing);
        struct run_folder next;
        expect_failed(run_folder_open(path, "tiny", &next), "holds a run already");
    }
}
