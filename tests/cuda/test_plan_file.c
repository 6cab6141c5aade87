/* pipeline/runtime/cuda/choice/plan_file: what comes back, and what is not used. */
#include "pipeline/runtime/cuda/choice/plan_file.h"
#include "pipeline/runtime/cuda/choice/plan_file_text.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xxhash.h>

TestSuite(plan_file, .init = scratch_open, .fini = scratch_close);

static const char KEY[] = "NVIDIA T4, 40 SMs, driver 1.2, libraries 3.4";

static const struct plan_entry entries[] = {
    {"attention n6", "cudnn engine 9", "{\"plan\":\"\\u0000 is 6 characters here\",\"x\":[1,{}]}"},
    {"conv c320 \xc3\xa9", "cudnn engine 41", ""},
    {"conv c4", "cudnn \"engine\" 62\\", "line\nline\ttab\x01"},
    {"linear 320", "cublaslt 7", "00ff"},
};

static void put_all(struct plan_file *f)
{
    static const int order[] = {2, 0, 3, 1};
    cr_assert(!plan_file_set_key(f, KEY).code);
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        const struct plan_entry *e = &entries[order[i]];
        cr_assert(!plan_file_put(f, e->signature, e->choice, e->detail).code);
    }
}

static void expect_all(const struct plan_file *f, const char *which)
{
    cr_assert(f->count == ARRAY_LEN(entries), "%s: %zu entries", which, f->count);
    for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
        const struct plan_entry *e = plan_file_find(f, entries[i].signature);
        cr_assert(e == &f->entry[i], "%s: entry %zu is sorted and found", which, i);
        cr_expect(!strcmp(e->choice, entries[i].choice) && !strcmp(e->detail, entries[i].detail), "%s: %zu", which, i);
    }
    cr_expect(!plan_file_find(f, "conv") && !plan_file_find(f, "") && !plan_file_find(f, "z"));
}

static void write_all(const char *file)
{
    struct plan_file f = {0};
    put_all(&f);
    struct err e = plan_file_write(scratch_path(file), &f);
    cr_assert(!e.code, "%s", err_text(e));
    plan_file_free(&f);
}

static void expect_refused(struct err e, int code, const char *says, const char *which)
{
    cr_expect((int)e.code == code && strstr(err_text(e), says) && !strchr(err_text(e), '\n'), "%s: %d %s", which,
              e.code, err_text(e));
    err_free(&e);
}

static void read_refused(const char *file, const char *key, int code, const char *says)
{
    struct plan_file f;
    expect_refused(plan_file_read(scratch_path(file), key, &f), code, says, file);
    cr_expect(!f.key && !f.entry && !f.count, "%s: nothing is left", file);
}

Test(plan_file, comes_back)
{
    struct plan_file f;
    struct stat st;
    mode_t before = umask(0);
    write_all("a");
    umask(before);
    cr_assert(!stat(scratch_path("a"), &st) && (st.st_mode & 07777) == 0600, "mode %o", st.st_mode);
    cr_expect(scratch_count() == 1);
    for (int i = 0; i < 2; i++) {
        struct err e = plan_file_read(scratch_path("a"), i ? KEY : NULL, &f);
        cr_assert(!e.code, "%s", err_text(e));
        cr_expect(!strcmp(f.key, KEY));
        expect_all(&f, "read");
        plan_file_free(&f);
        cr_expect(!f.key && !f.entry && !f.count);
    }
}

Test(plan_file, an_empty_one_comes_back)
{
    struct plan_file f = {0}, back;
    cr_assert(!plan_file_set_key(&f, KEY).code && !plan_file_write(scratch_path("a"), &f).code);
    cr_assert(!plan_file_read(scratch_path("a"), KEY, &back).code);
    cr_expect(!back.count && !strcmp(back.key, KEY));
    plan_file_free(&f);
    plan_file_free(&back);
}

Test(plan_file, put_takes_the_place)
{
    struct plan_file f = {0};
    put_all(&f);
    cr_assert(!plan_file_put(&f, "conv c4", "other", "new").code);
    cr_expect(f.count == ARRAY_LEN(entries));
    const struct plan_entry *e = plan_file_find(&f, "conv c4");
    cr_expect(e && !strcmp(e->choice, "other") && !strcmp(e->detail, "new"));
    plan_file_free(&f);
}

Test(plan_file, many)
{
    struct plan_file f = {0}, back;
    char name[32];
    cr_assert(!plan_file_set_key(&f, KEY).code);
    for (unsigned i = 0; i < 3000; i++) {
        snprintf(name, sizeof name, "%u", i * 2654435761u);
        cr_assert(!plan_file_put(&f, name, "x", "").code);
    }
    cr_assert(!plan_file_write(scratch_path("a"), &f).code && !plan_file_read(scratch_path("a"), KEY, &back).code);
    cr_expect(back.count == 3000);
    for (size_t i = 0; i < back.count; i++)
        cr_assert(plan_file_find(&back, f.entry[i].signature) == &back.entry[i]);
    plan_file_free(&f);
    plan_file_free(&back);
}

Test(plan_file, texts_that_are_not_taken)
{
    struct plan_file f = {0};
    char *longest = calloc(PLAN_FILE_LONGEST_NAME + 2, 1);
    memset(longest, 'x', PLAN_FILE_LONGEST_NAME + 1);
    const char *const bad[] = {"", "a\nb", "\x7f", "\xff", "\xc0\x80", longest};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        expect_refused(plan_file_put(&f, bad[i], "x", ""), ERR_FAILED, "signature", bad[i]);
        expect_refused(plan_file_put(&f, "x", bad[i], ""), ERR_FAILED, "choice", bad[i]);
        expect_refused(plan_file_set_key(&f, bad[i]), ERR_FAILED, "key", bad[i]);
    }
    expect_refused(plan_file_put(&f, "x", "x", "\xff"), ERR_FAILED, "detail", "detail");
    cr_expect(!f.count && !f.key);
    longest[PLAN_FILE_LONGEST_NAME] = 0;
    cr_expect(!plan_file_put(&f, longest, longest, "").code);
    expect_refused(plan_file_write(scratch_path("a"), &f), ERR_FAILED, "without a key", "no key");
    cr_expect(scratch_count() == 0);
    plan_file_free(&f);
    free(longest);
}

Test(plan_file, another_key)
{
    write_all("a");
    read_refused("a", "NVIDIA T4, 40 SMs, driver 1.3, libraries 3.4", ERR_FAILED, "driver 1.2");
}

/* Changes what is at "a", which may not be used then. */
static void put_link(void)
{
    cr_assert(!rename(scratch_path("a"), scratch_path("b")) && !symlink("b", scratch_path("a")));
}
static void put_pipe(void)
{
    cr_assert(!unlink(scratch_path("a")) && !mkfifo(scratch_path("a"), 0600));
}
static void put_folder(void)
{
    cr_assert(!unlink(scratch_path("a")) && !mkdir(scratch_path("a"), 0700));
}
static void put_socket(void)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s", scratch_path("a"));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    cr_assert(!unlink(scratch_path("a")) && fd >= 0 && !bind(fd, (struct sockaddr *)&at, sizeof at));
    close(fd);
}
static void put_device(void)
{
    cr_assert(!unlink(scratch_path("a")) && !symlink("/dev/zero", scratch_path("a")));
}
static void make_group_writable(void)
{
    cr_assert(!chmod(scratch_path("a"), 0620));
}
static void make_writable(void)
{
    cr_assert(!chmod(scratch_path("a"), 0602));
}
static void make_folder_group_writable(void)
{
    cr_assert(!chmod(scratch_path("."), 0770));
}
static void make_folder_writable(void)
{
    cr_assert(!chmod(scratch_path("."), 0777));
}
static void make_oversize(void)
{
    cr_assert(!truncate(scratch_path("a"), (off_t)PLAN_FILE_LARGEST + 1));
}
static void remove_it(void)
{
    cr_assert(!unlink(scratch_path("a")));
}

Test(plan_file, places_that_are_not_used)
{
    static const struct {
        void (*change)(void);
        int code;
        const char *says;
    } cases[] = {
        {put_link, ERR_FAILED, "it is a link"},
        {put_pipe, ERR_FAILED, "not a regular file"},
        {put_folder, ERR_FAILED, "not a regular file"},
        {put_socket, ERR_FAILED, "a: "},
        {put_device, ERR_FAILED, "it is a link"},
        {make_group_writable, ERR_FAILED, "others may write it"},
        {make_writable, ERR_FAILED, "others may write it"},
        {make_folder_group_writable, ERR_FAILED, "others may write it"},
        {make_folder_writable, ERR_FAILED, "others may write it"},
        {make_oversize, ERR_FAILED, "more than 64 MiB"},
        {remove_it, ERR_ABSENT, "No such file"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        write_all("a");
        cases[i].change();
        read_refused("a", KEY, cases[i].code, cases[i].says);
        cr_assert(!chmod(scratch_path("."), 0700));
        remove(scratch_path("a"));
    }
    read_refused("missing/a", KEY, ERR_ABSENT, "No such file");
}

/* In /tmp only a file's owner can put another in its place. */
Test(plan_file, folders_with_the_sticky_bit)
{
    struct plan_file f;
    cr_assert(!chmod(scratch_path("."), 01777));
    write_all("a");
    struct err e = plan_file_read(scratch_path("a"), KEY, &f);
    cr_assert(!e.code, "%s", err_text(e));
    plan_file_free(&f);
}

Test(plan_file, owners)
{
    enum { NOBODY = 65534 };
    if (geteuid())
        cr_skip("only root can make a file of another user");
    write_all("a");
    cr_assert(!chown(scratch_path("a"), NOBODY, (gid_t)-1));
    read_refused("a", KEY, ERR_FAILED, "belongs to user 65534");
    cr_assert(!chown(scratch_path("a"), 0, (gid_t)-1) && !chown(scratch_path("."), NOBODY, (gid_t)-1));
    read_refused("a", KEY, ERR_FAILED, "belongs to user 65534");
    struct plan_file f = {0};
    put_all(&f);
    expect_refused(plan_file_write(scratch_path("a"), &f), ERR_FAILED, "belongs to user 65534", "write");
    plan_file_free(&f);
    cr_assert(!chown(scratch_path("."), 0, (gid_t)-1));
}

Test(plan_file, damage)
{
    size_t n;
    struct plan_file f;
    write_all("a");
    char *good = scratch_read("a", &n), *bad = malloc(n + 1);
    cr_assert(!plan_file_parse(good, n, &f).code);
    plan_file_free(&f);
    for (size_t i = 0; i < n; i++) {
        memcpy(bad, good, i);
        bad[i] = 0;
        expect_refused(plan_file_parse(bad, i, &f), ERR_FAILED, "is ", "truncated");
        for (unsigned bit = 1; bit < 256; bit <<= 1) {
            memcpy(bad, good, n + 1);
            bad[i] = (char)(bad[i] ^ (int)bit);
            expect_refused(plan_file_parse(bad, n, &f), ERR_FAILED, "is ", "flipped");
        }
    }
    scratch_write("a", good, n / 2);
    read_refused("a", KEY, ERR_FAILED, "is damaged");
    scratch_write("a", "", 0);
    read_refused("a", KEY, ERR_FAILED, "is no plan file");
    free(good);
    free(bad);
}

/* A file with this JSON and its right checksum. */
static struct err parse_json(const char *json, size_t n, struct plan_file *out)
{
    char *bytes = malloc(n + 64);
    int head = snprintf(bytes, 64, "sdbench plans 1 %016llx\n", (unsigned long long)XXH3_64bits(json, n));
    memcpy(bytes + head, json, n);
    bytes[(size_t)head + n] = 0;
    struct err e = plan_file_parse(bytes, (size_t)head + n, out);
    free(bytes);
    return e;
}

#define KEYED(plans) "{\"key\":\"k\",\"plans\":" plans "}"

Test(plan_file, contents_that_are_not_taken)
{
    static const struct {
        const char *json, *says;
    } cases[] = {
        {"", "not JSON"},
        {"{", "not JSON"},
        {KEYED("[]") " x", "not JSON"},
        {KEYED("[]") "{}", "not JSON"},
        {"[]", "key and plans"},
        {"{}", "key and plans"},
        {"{\"key\":1,\"plans\":[]}", "key and plans"},
        {"{\"key\":\"k\",\"plans\":{}}", "key and plans"},
        {"{\"key\":\"k\",\"plans\":[],\"more\":1}", "key and plans"},
        {"{\"key\":\"k\",\"plans\":[],\"plans\":[]}", "key and plans"},
        {"{\"key\":\"k\",\"key\":\"l\",\"plans\":[]}", "key and plans"},
        {"{\"key\":\"\",\"plans\":[]}", "key"},
        {"{\"key\":\"a\\nb\",\"plans\":[]}", "key"},
        {KEYED("[1e999]"), "three texts"},
        {KEYED("[[\"s\",\"c\",123456789012345678901234567890]]"), "three texts"},
        {KEYED("[[\"s\",\"c\"]]"), "three texts"},
        {KEYED("[[\"s\",\"c\",\"d\",\"e\"]]"), "three texts"},
        {KEYED("[[\"s\",null,\"d\"]]"), "three texts"},
        {KEYED("[{\"a\":\"s\",\"b\":\"c\",\"c\":\"d\"}]"), "three texts"},
        {KEYED("[[\"\",\"c\",\"d\"]]"), "signature"},
        {KEYED("[[\"s\",\"\\u0007\",\"d\"]]"), "choice"},
        {KEYED("[[\"s\",\"c\",\"d\"],[\"s\",\"c\",\"d\"]]"), "there twice"},
        {KEYED("[[\"t\",\"c\",\"d\"],[\"s\",\"c\",\"d\"]]"), "not sorted"},
        {KEYED("[[\"s\",\"c\",\"a\\u0000b\"]]"), "holds a NUL"},
        {KEYED("[[\"s\",\"c\",\"\\\\\\u0000\"]]"), "holds a NUL"},
        {KEYED("[[\"s\",\"c\",\"\\"), "not JSON"},
        {KEYED("[[\"s\",\"c\",\"\\ud800\"]]"), "not JSON"},
        {KEYED("[[\"s\",\"c\",\"\xff\"]]"), "not UTF-8"},
    };
    struct plan_file f;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect_refused(parse_json(cases[i].json, strlen(cases[i].json), &f), ERR_FAILED, cases[i].says, cases[i].json);
    expect_refused(parse_json(KEYED("[]") "\0", sizeof KEYED("[]"), &f), ERR_FAILED, "not UTF-8", "a NUL byte");
    cr_expect(
        !parse_json(KEYED("[[\"s\",\"c\",\"\\\\u0000\"]]"), strlen(KEYED("[[\"s\",\"c\",\"\\\\u0000\"]]")), &f).code);
    plan_file_free(&f);
}

/* Many small items take far more memory as parsed JSON than as bytes: they are counted before. */
Test(plan_file, many_items)
{
    static const struct {
        char fill;
        size_t n;
        const char *says;
    } cases[] = {
        {'[', 100000, "not JSON"}, {'[', 4000000, "entries"}, {',', 4000000, "entries"}, {'{', 4000000, "entries"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct plan_file f;
        char *json = malloc(cases[i].n);
        memset(json, cases[i].fill, cases[i].n);
        expect_refused(parse_json(json, cases[i].n, &f), ERR_FAILED, cases[i].says, "many items");
        free(json);
    }
}

/* Processes write one file over and over; it is read whole each time, and nothing else is left beside it. */
Test(plan_file, concurrent_writers)
{
    enum { WRITERS = 4, TIMES = 25, LARGE = 100000 };
    struct plan_file f = {0}, back;
    char *detail = calloc(LARGE + 1, 1);
    put_all(&f);
    for (int w = 0; w < WRITERS; w++) {
        if (fork())
            continue;
        memset(detail, 'a' + w, LARGE);
        bool failed = plan_file_put(&f, "large", "x", detail).code != ERR_NONE;
        for (int i = 0; i < TIMES && !failed; i++)
            failed = plan_file_write(scratch_path("a"), &f).code != ERR_NONE;
        _exit(failed);
    }
    for (int status, left = WRITERS; left;) {
        struct err e = plan_file_read(scratch_path("a"), KEY, &back);
        cr_assert(!e.code || e.code == ERR_ABSENT, "%s", err_text(e));
        const struct plan_entry *large = e.code ? NULL : plan_file_find(&back, "large");
        cr_expect(e.code || (large && strspn(large->detail, (char[]){*large->detail, 0}) == LARGE));
        err_free(&e);
        plan_file_free(&back);
        pid_t ended = waitpid(-1, &status, WNOHANG);
        cr_assert(ended <= 0 || !status, "a writer failed");
        left -= ended > 0;
    }
    cr_expect(scratch_count() == 1);
    plan_file_free(&f);
    free(detail);
}

static void write_in_scratch(void *argument)
{
    struct plan_file f = {0};
    plan_file_set_key(&f, KEY);
    *(struct err *)argument = plan_file_write(scratch_path("a"), &f);
    plan_file_free(&f);
}

/* The folder is the writer's own: else that would be the reason. */
Test(plan_file, unwritable_folder)
{
    enum { NOBODY = 65534 };
    struct err e;
    if (!geteuid())
        cr_assert(!chown(scratch_path("."), NOBODY, (gid_t)-1));
    scratch_unwritable(write_in_scratch, &e);
    expect_refused(e, ERR_FAILED, "a: cannot be created: Permission denied", "folder");
    cr_expect(scratch_count() == 0);
}

/* A limit on the size of files, so that a regular one runs full as a disk would. */
Test(plan_file, full_disk_leaves_the_old_one)
{
    enum { LARGE = 1 << 20 };
    struct plan_file f = {0}, back;
    char *detail = malloc(LARGE + 1);
    memset(detail, 'x', LARGE);
    detail[LARGE] = 0;
    write_all("a");
    put_all(&f);
    cr_assert(!plan_file_put(&f, "large", "x", detail).code);
    signal(SIGXFSZ, SIG_IGN);
    cr_assert(!setrlimit(RLIMIT_FSIZE, &(struct rlimit){4096, RLIM_INFINITY}));
    struct err e = plan_file_write(scratch_path("a"), &f);
    cr_assert(!setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY}));
    expect_refused(e, ERR_FAILED, "a: cannot be written: File too large", "disk");
    cr_assert(!plan_file_read(scratch_path("a"), KEY, &back).code);
    expect_all(&back, "the old one");
    cr_expect(scratch_count() == 1);
    plan_file_free(&back);
    plan_file_free(&f);
    free(detail);
}

Test(plan_file, a_folder_in_the_way)
{
    struct plan_file f = {0};
    put_all(&f);
    cr_assert(!mkdir(scratch_path("a"), 0700));
    expect_refused(plan_file_write(scratch_path("a"), &f), ERR_FAILED, "renamed into place", "folder");
    cr_expect(scratch_count() == 1);
    plan_file_free(&f);
}

Test(plan_file, too_large_to_write)
{
    enum { LARGE = 17 << 20 };
    struct plan_file f = {0};
    char *detail = malloc(LARGE + 1), name[] = "a";
    memset(detail, 'x', LARGE);
    detail[LARGE] = 0;
    put_all(&f);
    for (; *name < 'e'; ++*name)
        cr_assert(!plan_file_put(&f, name, "x", detail).code);
    expect_refused(plan_file_write(scratch_path("a"), &f), ERR_FAILED, "more than a plan file holds", "large");
    cr_expect(scratch_count() == 0);
    plan_file_free(&f);
    free(detail);
}

Test(plan_file, path)
{
    struct stat st;
    char *one, *two, *again;
    setenv("SDBENCH_CACHE", scratch_path("cache"), 1);
    setenv("SDBENCH_PLANS", "", 1); /* the same as none */
    cr_assert(!plan_file_path("one", false, &one).code);
    cr_expect(stat(scratch_path("cache/plans"), &st) < 0, "it is not made");
    mode_t before = umask(0);
    cr_assert(!plan_file_path("one", true, &again).code && !plan_file_path("two", true, &two).code);
    umask(before);
    cr_assert(!stat(scratch_path("cache/plans"), &st) && (st.st_mode & 07777) == 0700, "mode %o", st.st_mode);
    cr_expect(!strcmp(one, again) && strcmp(one, two));
    cr_expect(!strncmp(one, scratch_path("cache/plans/"), strlen(scratch_path("cache/plans/"))), "%s", one);
    struct plan_file f = {0};
    cr_assert(!plan_file_set_key(&f, "one").code && !plan_file_write(one, &f).code);
    plan_file_free(&f);
    free(one);
    free(two);
    free(again);
    char *none;
    scratch_write("file", "x", 1);
    setenv("SDBENCH_CACHE", scratch_path("file"), 1);
    expect_refused(plan_file_path("one", true, &none), ERR_FAILED, "SDBENCH_CACHE", "no folder");
    cr_expect(!none);
}

Test(plan_file, another_folder)
{
    struct stat st;
    char *path;
    setenv("SDBENCH_CACHE", scratch_path("cache"), 1);
    setenv("SDBENCH_PLANS", scratch_path("a/b"), 1);
    cr_assert(!plan_file_path("one", false, &path).code);
    cr_expect(!strncmp(path, scratch_path("a/b/"), strlen(scratch_path("a/b/"))), "%s", path);
    cr_expect(scratch_count() == 0, "nothing is made, nor is the cache folder");
    free(path);
    mode_t before = umask(0022);
    cr_assert(!plan_file_path("one", true, &path).code);
    umask(before);
    cr_assert(!stat(scratch_path("a/b"), &st) && (st.st_mode & 07777) == 0700, "mode %o", st.st_mode);
    struct plan_file f = {0};
    cr_assert(!plan_file_set_key(&f, "one").code && !plan_file_write(path, &f).code);
    plan_file_free(&f);
    cr_expect(scratch_count() == 1, "all is below it");
    free(path);
    scratch_write("file", "x", 1);
    setenv("SDBENCH_PLANS", scratch_path("file/plans"), 1);
    expect_refused(plan_file_path("one", true, &path), ERR_FAILED, "file", "no folder");
    cr_expect(!path);
}
