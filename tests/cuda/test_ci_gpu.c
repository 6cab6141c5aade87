/* ci/gpu: what it would run, what it says without a GPU, and what a part leaves. The parts' own commands need a GPU:
 * here a program of the test's own stands for sdbench. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "pipeline/base/file.h"
#include "tests/support/program.h"
#include "tests/support/scratch.h"

TestSuite(ci_gpu, .init = scratch_open, .fini = scratch_close);

/* The folder of the tree, and of the built program in it. */
static const char *tree(void)
{
    const char *source = getenv("SDBENCH_SOURCE");
    return source && *source ? source : ".";
}

static const char *build_folder(void)
{
    static char folder[4096];
    const char *program = getenv("SDBENCH_PROGRAM");
    snprintf(folder, sizeof folder, "%s", program && *program ? program : "build/sdbench");
    *strrchr(folder, '/') = 0;
    return folder;
}

/* Runs ci/gpu with a build folder and arguments as a shell takes them; all that it says, malloc'ed. */
static char *run_ci(const char *build, const char *arguments, int *code)
{
    char command[8192];
    size_t n;
    snprintf(command, sizeof command, "BUILD='%s' '%s/ci/gpu' %s >'%s' 2>&1", build, tree(), arguments,
             scratch_path("said"));
    int status = system(command); // NOLINT: the command is the test's own
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return scratch_read("said", &n);
}

static void expect_said(const char *said, const char *what)
{
    cr_expect(strstr(said, what), "\"%s\" is not said: %s", what, said);
}

static int count_of(const char *said, const char *what)
{
    int n = 0;
    for (const char *at = said; (at = strstr(at, what)); at += strlen(what))
        n++;
    return n;
}

static const char all_parts[] = "all";

Test(ci_gpu, dry_run)
{
    static const char *const in_order[] = {"# first",
                                           "gpu-first 20 gaps",
                                           "gpu-first 190 convolutions",
                                           "# doctor",
                                           "doctor --json",
                                           "# tests",
                                           "op_cuda",
                                           "# verify",
                                           "sd14-kerascv.safetensors",
                                           "--variant standard+tf32",
                                           "# bench",
                                           "--workload article",
                                           "standard,mixed,fused,fused-mixed ",
                                           "# tf32",
                                           "standard+tf32,fused+tf32 ",
                                           "--batch 1",
                                           "--workload quick",
                                           "# batch",
                                           "--batch 16",
                                           "# profile",
                                           "--trace-steps 2",
                                           "# totals",
                                           "--runs trace",
                                           "# sanitizer",
                                           "memcheck",
                                           "racecheck",
                                           "kns=attention ",
                                           "kns=attention_causal",
                                           "kns=softmax_kernel",
                                           "initcheck",
                                           "# faults",
                                           "gpu_hold",
                                           "gpu_trap"};
    char object[4200], arguments[200];
    int code;
    snprintf(object, sizeof object, "%s/sdbench-cuda.so", build_folder());
    if (!file_exists(object))
        cr_skip("the CUDA backend was not built: no toolkit");
    snprintf(arguments, sizeof arguments, "--dry-run %s", all_parts);
    char *said = run_ci(build_folder(), arguments, &code);
    cr_expect(code == 0, "%d: %s", code, said);
    cr_expect(!strstr(said, "wrong:"), "%s", said);
    struct program_result help = PROGRAM("bench", "--help");
    if (strstr(help.output, "--states")) /* a bench that has schedules gets a small one, in each of four commands */
        cr_expect_eq(count_of(said, "--states C0:1,C2:6,C3:2 --samples 10 --seconds "), 4, "%s", said);
    program_result_free(&help);
    const char *at = said;
    for (size_t i = 0; i < ARRAY_LEN(in_order) && at; i++) {
        at = strstr(at, in_order[i]);
        cr_expect(at, "%s is not there, or not in its order: %s", in_order[i], said);
    }
    free(said);
}

Test(ci_gpu, dry_run_finds_what_is_missing)
{
    int code;
    cr_assert(!mkdir(scratch_path("empty"), 0777));
    char *said = run_ci(scratch_path("empty"), "--dry-run verify faults", &code);
    cr_expect(code == 1, "%d: %s", code, said);
    expect_said(said, "there is no verb verify");
    expect_said(said, "/gpu_hold");
    expect_said(said, "gpu_trap.so");
    free(said);
}

Test(ci_gpu, arguments)
{
    static const char *const rows[][2] = {{"", "name parts: first doctor"},
                                          {"benhc", "no part benhc"},
                                          {"--dry doctor", "no option --dry"},
                                          {"doctor --out", "a folder is missing"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int code;
        char *said = run_ci(build_folder(), rows[i][0], &code);
        cr_expect(code != 0 && code != 77, "%s: %d", rows[i][0], code);
        expect_said(said, rows[i][1]);
        free(said);
    }
}

/* The reason is doctor's. */
Test(ci_gpu, no_gpu)
{
    int code;
    if (file_exists("/dev/nvidiactl"))
        cr_skip("there is a GPU");
    struct program_result doctor = PROGRAM("doctor");
    char *reason = strstr(doctor.output, "\n  cuda "), arguments[1200];
    reason = reason ? strstr(reason, "NO: ") : NULL;
    cr_assert(reason, "doctor says why CUDA is absent: %s", doctor.output);
    reason[strcspn(reason, "\n")] = 0;
    snprintf(arguments, sizeof arguments, "--out '%s' doctor", scratch_path("out"));
    char *said = run_ci(build_folder(), arguments, &code);
    cr_expect(code == 77, "%d: %s", code, said);
    expect_said(said, "no GPU: ");
    expect_said(said, reason + strlen("NO: "));
    cr_expect(!file_exists(scratch_path("out")), "nothing is left");
    free(said);
    program_result_free(&doctor);
}

/* A program in the build folder "made" that sees a GPU, chooses something, and does as the words in `does` say. */
static void make_program(const char *does)
{
    char text[2000];
    int n = snprintf(text, sizeof text,
                     "#!/bin/sh\n"
                     "mkdir -p -m 700 \"$SDBENCH_CACHE/plans\"\n"
                     "[ \"$1\" != doctor ] || echo '  device         made up'\n"
                     "echo \"$1 knew $(cat \"$SDBENCH_CACHE\"/plans/*)\"\n"
                     "%s\n"
                     "echo \"a choice\" >\"$SDBENCH_CACHE/plans/0123\"\n",
                     does);
    mkdir(scratch_path("made"), 0777);
    scratch_write("made/sdbench", text, (size_t)n);
    cr_assert(!chmod(scratch_path("made/sdbench"), 0755));
}

/* Runs parts of the made-up program with DIR = `out`. */
static char *run_made(const char *out, const char *named, int *code)
{
    char arguments[1200];
    snprintf(arguments, sizeof arguments, "--tiny --out '%s' %s", scratch_path(out), named);
    return run_ci(scratch_path("made"), arguments, code);
}

static char *unpacked(const char *archive, const char *member)
{
    char command[4096];
    size_t n;
    snprintf(command, sizeof command, "tar -xzOf '%s' '%s' >'%s'", scratch_path(archive), member,
             scratch_path("unpacked"));
    cr_assert(!system(command), "%s: no %s", archive, member); // NOLINT: as above
    return scratch_read("unpacked", &n);
}

Test(ci_gpu, leaves_an_archive_a_part)
{
    int code;
    make_program("[ $1 != verify ] || exit 1");
    char *said = run_made("out", "doctor verify", &code);
    cr_expect(code == 1, "a part failed: %d", code);
    expect_said(said, "doctor: ok, ");
    expect_said(said, "verify: failed (6), ");
    free(said);

    char *log = unpacked("out/verify.tar.gz", "verify/log.txt");
    expect_said(log, "--variant fused+tf32 --backend cuda");
    expect_said(log, "wrong: exit code 1, 0 was expected");
    expect_said(log, "verify knew a choice");
    free(log);
    char *status = unpacked("out/doctor.tar.gz", "doctor/status.txt");
    expect_said(status, "doctor: ok, ");
    free(status);
}

/* On another machine, with the archives of earlier parts alone. */
Test(ci_gpu, takes_choices_of_earlier_parts)
{
    int code;
    struct stat st;
    make_program("");
    free(run_made("out", "doctor", &code));
    cr_assert(code == 0);
    cr_assert(!mkdir(scratch_path("later"), 0777) &&
              !rename(scratch_path("out/doctor.tar.gz"), scratch_path("later/doctor.tar.gz")));
    char *said = run_made("later", "verify", &code);
    cr_expect(code == 0, "%s", said);
    expect_said(said, "verify knew a choice");
    cr_assert(!stat(scratch_path("later/cache/plans"), &st));
    cr_expect((st.st_mode & 0777) == 0700, "mode %o", st.st_mode);
    free(said);
}

Test(ci_gpu, archives_stay_small)
{
    int code;
    struct stat st;
    make_program("[ $1 != bench ] || head -c 9000000 /dev/urandom >\"$SDBENCH_CACHE/../tf32/$$\"");
    char *said = run_made("out", "tf32", &code);
    cr_expect(code == 0, "%s", said);
    cr_assert(!stat(scratch_path("out/tf32.tar.gz"), &st));
    cr_expect(st.st_size <= 15000000, "%lld", (long long)st.st_size);
    expect_said(said, "left out: 9000000 ");
    free(said);
}

Test(ci_gpu, a_killed_command)
{
    int code;
    make_program("[ $1 != bench ] || kill -KILL $$");
    char *said = run_made("out", "bench", &code);
    cr_expect(code == 1);
    expect_said(said, "bench: failed (1), ");
    cr_expect(file_exists(scratch_path("out/bench.tar.gz")));
    free(said);
}
