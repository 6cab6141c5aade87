/* Folders of runs on disks that are full, read-only, or gone. */
#include "bench/record/folder.h"
#include "bench/record/line.h"
#include "bench/record/read.h"
#include "tests/support/run_folders.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/record/record.h"
#include "pipeline/base/file.h"

TestSuite(run_folder_disk, .init = scratch_open, .fini = scratch_close);

static cJSON *a_record(const char *kind)
{
    return record_begin(kind, "run", "fused", "null", "tiny");
}

static struct records_summary summary_of(const char *path)
{
    struct records_summary s;
    expect_ok(records_read(path, (struct records_visitor){0}, &s));
    return s;
}

static void limit_files(rlim_t bytes)
{
    signal(SIGXFSZ, SIG_IGN);
    cr_assert(!setrlimit(RLIMIT_FSIZE, &(struct rlimit){bytes, RLIM_INFINITY}));
}

/* Appends until it fails with these words; how many were written. */
static int fill(struct run_folder *f, const char *says)
{
    int written = 0;
    struct err e = OK;
    for (; written < 10000; written++) {
        e = run_folder_append(f, a_record("sample"));
        if (e.code)
            break;
    }
    expect_failed(e, says);
    return written;
}

/* A limit on the size of files runs full as a disk does: in the middle of a line. */
Test(run_folder_disk, full_keeps_whole_lines)
{
    struct run_folder f = opened(scratch_path("r"));
    limit_files(1000);
    int written = fill(&f, "r/records.jsonl: cannot be written: File too large");
    struct records_summary s = summary_of(f.path);
    cr_expect(written > 0 && s.samples == written && !s.is_cut_off && !s.bad_lines, "%d", written);
    expect_failed(run_folder_end(&f, RUN_FAILED, "the disk is full"), "cannot be written: File too large");
    limit_files(RLIM_INFINITY);
    run_folder_abandon(&f);
    cr_expect_eq(summary_of(scratch_path("r")).samples, written, "samples stay");
}

Test(run_folder_disk, goes_on_after_room_was_made)
{
    struct run_folder f = opened(scratch_path("r"));
    limit_files(1000);
    int written = fill(&f, "File too large");
    limit_files(RLIM_INFINITY);
    expect_ok(run_folder_end(&f, RUN_FAILED, "the disk is full"));
    struct records_summary s = summary_of(f.path);
    cr_expect(s.has_end && s.ended_samples == written && !s.bad_lines);
    cr_expect_str_eq(s.reason, "the disk is full");
    run_folder_close(&f);
}

/* A file that cannot become shorter: the part of a line stays, and the next line does not hang on it. */
Test(run_folder_disk, a_part_that_stays_is_a_line_of_its_own)
{
    bool is_cut = false;
    struct records_summary s;
    char path[64];
    int fd = memfd_create("records", MFD_ALLOW_SEALING | MFD_CLOEXEC);
    cJSON *record = a_record("sample");
    cr_assert(fd >= 0 && !fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) && !fcntl(fd, F_SETFL, O_APPEND));
    limit_files(200);
    expect_ok(line_append(fd, record, &is_cut));
    expect_failed(line_append(fd, record, &is_cut), "File too large");
    cr_expect(is_cut);
    limit_files(RLIM_INFINITY);
    expect_ok(line_append(fd, record, &is_cut));
    cr_expect_not(is_cut);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    expect_ok(records_read(path, (struct records_visitor){0}, &s));
    cr_expect(s.records == 2 && s.bad_lines == 1 && s.first_bad_line == 2 && !s.is_cut_off);
    cJSON_Delete(record);
    close(fd);
}

/* A disk of this test's own, which goes with it. Skips where it may have none. */
static void mount_disk(const char *options)
{
    cr_assert(!mkdir(scratch_path("disk"), 0755));
    if (geteuid() || unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
        mount("none", scratch_path("disk"), "tmpfs", 0, options))
        cr_skip("this user may mount no file system");
}

Test(run_folder_disk, full_disk)
{
    mount_disk("size=8k");
    struct run_folder f = opened(scratch_path("disk/r"));
    int written = fill(&f, "disk/r/records.jsonl: cannot be written: No space left on device");
    struct records_summary s = summary_of(f.path);
    cr_expect(written > 0 && s.samples == written && !s.is_cut_off && !s.bad_lines, "%d", written);
    expect_failed(run_folder_write(&f, "table.txt", "x", 1), "table.txt: cannot be written: No space left on device");
    cr_expect_not(file_exists(scratch_path("disk/r/table.txt")));
    run_folder_close(&f);
    umount(scratch_path("disk"));
}

Test(run_folder_disk, becomes_read_only)
{
    mount_disk("size=1m");
    struct run_folder f = opened(scratch_path("disk/r"));
    expect_ok(run_folder_append(&f, a_record("sample")));
    expect_ok(run_folder_end(&f, RUN_COMPLETE, NULL));
    cr_assert(!mount(NULL, scratch_path("disk"), NULL, MS_REMOUNT | MS_RDONLY, NULL));
    expect_failed(run_folder_write(&f, "table.txt", "x", 1), "table.txt: cannot be created: Read-only file system");
    run_folder_close(&f);
    expect_failed(run_folder_open(scratch_path("disk/s/t"), "tiny", &f),
                  "--out: " /* then the part that cannot be made */);
    expect_failed(run_folder_open(scratch_path("disk"), "tiny", &f),
                  "disk/records.jsonl: cannot be created: Read-only file system");
    umount(scratch_path("disk"));
}

struct attempt {
    const char *out;
    struct err e;
};

static void try_open(void *argument)
{
    struct attempt *a = argument;
    struct run_folder f;
    a->e = run_folder_open(a->out, "tiny", &f);
}

Test(run_folder_disk, may_not_be_written)
{
    char inside[1024], below[1024];
    snprintf(inside, sizeof inside, "%s", scratch_path("new"));
    snprintf(below, sizeof below, "%s", scratch_path("a/b/c"));
    struct attempt attempts[] = {{.out = inside}, {.out = below}};
    for (size_t i = 0; i < ARRAY_LEN(attempts); i++) {
        scratch_unwritable(try_open, &attempts[i]);
        expect_failed(attempts[i].e, "folder cannot be made: Permission denied");
        cr_expect_eq(scratch_count(), 0);
    }
}

Test(run_folder_disk, places_that_are_none)
{
    char name[400] = "";
    memset(name, 'n', sizeof name - 1);
    scratch_write("file", "x", 1);
    char inside[1024], beside[1024], long_name[1500];
    snprintf(inside, sizeof inside, "%s/r", scratch_path("file"));
    snprintf(beside, sizeof beside, "%s", scratch_path("file"));
    snprintf(long_name, sizeof long_name, "%s/%s/r", scratch_path("new"), name);
    const struct {
        const char *out, *says;
    } cases[] = {
        {"", "--out: the name is empty; name a folder"},
        {"/proc/sdbench", "--out: /proc/sdbench: folder cannot be made: "},
        {"/proc/self", "cannot be created"},
        {inside, "file: is not a folder"},
        {beside, "file: is not a folder; name another one"},
        {long_name, "folder cannot be made: File name too long"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct run_folder f;
        expect_failed(run_folder_open(cases[i].out, "tiny", &f), cases[i].says);
        cr_expect(!f.path && f.fd < 0);
    }
    cr_expect_eq(scratch_count(), 1, "nothing was left behind");
}

Test(run_folder_disk, gone_in_mid_run)
{
    struct run_folder f = opened(scratch_path("a/r"));
    expect_ok(run_folder_append(&f, a_record("environment")));
    cr_assert(!unlink(scratch_path("a/r/records.jsonl")));
    expect_failed(run_folder_append(&f, a_record("sample")), "the folder of this run was removed while it ran: ");
    cr_assert(!rmdir(scratch_path("a/r")));
    expect_failed(run_folder_append(&f, a_record("sample")), "was removed while it ran: ");
    expect_failed(run_folder_write(&f, "table.txt", "x", 1), "table.txt: cannot be created");
    expect_failed(run_folder_end(&f, RUN_COMPLETE, NULL), "was removed while it ran: ");
    cr_expect(f.fd < 0, "closed all the same");
    run_folder_abandon(&f);
}

Test(run_folder_disk, replaced_in_mid_run)
{
    struct run_folder f = opened(scratch_path("r"));
    expect_ok(run_folder_append(&f, a_record("environment")));
    cr_assert(!rename(scratch_path("r"), scratch_path("moved")));
    struct run_folder other = opened(scratch_path("r"));
    expect_failed(run_folder_append(&f, a_record("environment")), "r: the folder of this run was replaced by another");
    run_folder_abandon(&f);
    expect_ok(run_folder_append(&other, a_record("sample")));
    run_folder_close(&other);
    cr_expect_eq(summary_of(scratch_path("r")).samples, 1, "the other run's is left alone");
    cr_expect_eq(summary_of(scratch_path("moved")).records, 2);
}
