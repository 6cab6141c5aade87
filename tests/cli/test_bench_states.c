/* `bench`: cache states that are reached, that are not, and that do not apply. */
#include "tests/cli/bench_run.h"
#include "tests/support/record_list.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#include "bench/state/residency.h"

TestSuite(cli_bench_states, .init = bench_open, .fini = scratch_close, .timeout = 120);

/* Evicted before each start, verified and recorded, or invalid with the reason: some filesystems and owners of files do
 * not allow it. Gives how many were evicted. */
static int check_evicted(const char *folder, bool libraries)
{
    struct record_list l = record_list_read(folder);
    int evicted = 0;
    for (int i = 0; i < l.count; i++) {
        const cJSON *r = l.record[i];
        if (!record_is_sample(r, "C0"))
            continue;
        bool invalid = !strcmp(record_text(r, "validity"), "invalid");
        cr_expect(invalid ? *record_text(r, "reason") != 0 : record_number(r, "weights_resident_share") < EVICTED_LIMIT,
                  "%s", record_line(r));
        cr_expect(invalid || !libraries || record_number(r, "libraries_resident_share") < EVICTED_LIMIT, "%s",
                  record_line(r));
        evicted += !invalid;
    }
    record_list_free(&l);
    return evicted;
}

/* The test cache lies where the source tree is: on a disk, but where somebody works in memory. */
static bool cache_is_on_a_disk(void)
{
    struct statfs fs;
    const char *cache = getenv("SDBENCH_CACHE");
    return cache && !statfs(cache, &fs) && (fs.f_type == 0xef53 || fs.f_type == 0x58465342 || fs.f_type == 0x9123683e);
}

Test(cli_bench_states, weights_are_evicted)
{
    BENCH_QUIETLY(NULL_TINY, "--variants", "standard,mixed", "--out", "r");
    int evicted = check_evicted("r", false);
    if (cache_is_on_a_disk())
        cr_expect_eq(evicted, 2, "ext4, XFS and btrfs evict: %d", evicted);
}

Test(cli_bench_states, weights_and_libraries_are_evicted)
{
    bench_need_cpu();
    bench_evicts_libraries();
    struct program_result r = program_run((const char *const[]){"bench", CPU_SMALL, "--variants", "standard,fused",
                                                                "--states", "C0:1,C2:1,W1:1", "--out", "r", "-q", NULL},
                                          &(struct program_setting){.folder = scratch_path("")});
    cr_expect(r.code == 0 || r.code == 2, "exit %d: %s", r.code, r.log);
    program_result_free(&r);
    check_evicted("r", true);
}

static const char *lines_with(const char *text, const char *word, char out[4096])
{
    *out = 0;
    for (const char *line = text, *end; (end = strchr(line, '\n')); line = end + 1)
        if (memmem(line, (size_t)(end - line), word, strlen(word)) && strlen(out) + (size_t)(end - line) + 2 < 4096)
            sprintf(out + strlen(out), "%.*s\n", (int)(end - line), line);
    return out;
}

/* There is nothing below a tmpfs that a file could be evicted to. */
Test(cli_bench_states, what_cannot_be_evicted_is_invalid)
{
    struct statfs fs;
    char folder[] = "/dev/shm/sdbench-test-XXXXXX", remove[64], lines[4096];
    if (statfs("/dev/shm", &fs) || fs.f_type != 0x01021994 || !mkdtemp(folder))
        cr_skip("there is no tmpfs at /dev/shm that this user may write");
    setenv("SDBENCH_CACHE", folder, 1);
    struct program_result usual = program_run(
        (const char *const[]){"bench", NULL_LEAST, "--variants", "standard,mixed", "--out", "a", "-q", NULL},
        &(struct program_setting){.folder = scratch_path("")});
    struct program_result named = program_run((const char *const[]){"bench", NULL_LEAST, "--variants", "standard,mixed",
                                                                    "--out", "b", "--states", "C0:2,C2:1", NULL},
                                              &(struct program_setting){.folder = scratch_path("")});
    snprintf(remove, sizeof remove, "rm -r %s", folder);
    cr_expect(!system(remove));
    cr_expect_eq(usual.code, 0, "a row of the default schedule: exit %d: %s", usual.code, usual.log);
    cr_expect_eq(named.code, 2, "it was asked for: exit %d: %s", named.code, named.log);
    EXPECT_WORDS(named.log, "standard: C0 ", " INVALID: weights are 100.0 % in the page cache",
                 "sdbench: standard, C0: not a valid measurement: weights are ", "lies on tmpfs, which is memory\n");
    for (int i = 0; i < 2; i++) {
        lines_with(i ? named.output : usual.output, "INVALID: ", lines);
        EXPECT_WORDS(lines, "C0 first boot ", "Standard ", "Mixed precision ", "(evicted means below 1 %)",
                     "lies on tmpfs, which is memory");
        cr_expect_not(strstr(lines, "C2"), "%s", lines);
        struct record_list l = record_list_read(i ? "b" : "a");
        cr_expect_eq(record_list_samples(&l, "C0", "invalid"), i ? 4 : 2);
        cr_expect_eq(record_list_samples(&l, "C0", NULL), i ? 4 : 2);
        cr_expect_eq(record_list_samples(&l, "C2", "invalid"), 0);
        record_list_free(&l);
    }
    program_result_free(&usual);
    program_result_free(&named);
}

/* Without a plan cache some states are the same as others: the line says so, and costs no time. */
Test(cli_bench_states, what_does_not_apply)
{
    static const char *const backends[] = {"null", "cpu"};
    for (int i = 0; i < 2; i++) {
        char words[2][96];
        if (i)
            bench_need_cpu();
        struct program_result r =
            BENCH("--workload", "tiny", "--preset", "diffusers", "--size", "64x64", "--steps", "1", "--backend",
                  backends[i], "--variants", "standard", "--states", "C1:3,C2:1,C3:2,W1:1", "-q", "--out", backends[i]);
        snprintf(words[0], sizeof words[0], "\nC1 new machine image: the same as C0: backend %s keeps no plans",
                 backends[i]);
        snprintf(words[1], sizeof words[1], "\nC3 restart, no plan cache: the same as C2: backend %s keeps no plans\n",
                 backends[i]);
        EXPECT_WORDS(r.output, words[0], words[1]);
        program_result_free(&r);
        struct record_list l = record_list_read(backends[i]);
        cr_expect_eq(record_list_samples(&l, "C1", NULL) + record_list_samples(&l, "C3", NULL), 0);
        record_list_free(&l);
    }
}
