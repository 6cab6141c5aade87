/* pipeline/base/file: maps, folders, and files that are written whole or not at all. */
#include "pipeline/base/file.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(file, .init = scratch_open, .fini = scratch_close);

static void expect_content(const char *file, const char *content, const char *which)
{
    size_t n;
    char *bytes = scratch_read(file, &n);
    cr_expect(n == strlen(content) && !strcmp(bytes, content), "%s: %s", which, bytes);
    free(bytes);
}

static void expect_failed(struct err e, const char *says, const char *which)
{
    cr_expect(e.code == ERR_FAILED && strstr(err_text(e), says), "%s: %s", which, err_text(e));
    err_free(&e);
}

Test(file, maps)
{
    struct file_map map;
    scratch_write("a", "otter", 5);
    cr_assert(!file_map(scratch_path("a"), &map).code);
    cr_expect(map.size == 5 && !memcmp(map.bytes, "otter", 5));
    file_unmap(&map);
    cr_expect(!map.bytes && !map.size);
    file_unmap(&map);

    scratch_write("empty", "", 0);
    cr_assert(!file_map(scratch_path("empty"), &map).code);
    cr_expect(!map.bytes && !map.size);
    file_unmap(&map);

    expect_failed(file_map(scratch_path("missing"), &map), "missing: No such file or directory", "missing");
    expect_failed(file_map(scratch_path("."), &map), "not a regular file", "folder");
    cr_expect(!map.bytes && !map.size);
}

Test(file, released_pages_come_back)
{
    enum { BYTES = 100000 };
    struct file_map map;
    char *bytes = malloc(BYTES);
    for (int i = 0; i < BYTES; i++)
        bytes[i] = (char)(i * 7 % 251);
    scratch_write("a", bytes, BYTES);
    cr_assert(!file_map(scratch_path("a"), &map).code);
    for (size_t from = 0; from < 9000; from += 1234)
        file_map_release(map.bytes + from, BYTES - 2 * from);
    file_map_release(map.bytes + 1, 10);
    cr_expect(!memcmp(map.bytes, bytes, BYTES));
    file_unmap(&map);
    free(bytes);
}

Test(file, appears_whole)
{
    struct file_writer w;
    cr_assert(!file_create(scratch_path("a"), &w).code);
    cr_assert(!file_write(&w, "one ", 4).code);
    cr_expect(!file_exists(scratch_path("a")), "before the commit");
    cr_assert(!file_write(&w, "two", 3).code);
    cr_assert(!file_commit(&w).code);
    expect_content("a", "one two", "committed");
    cr_expect(scratch_count() == 1);
    file_abandon(&w);
    expect_content("a", "one two", "abandoned after the commit");
}

Test(file, replaces_only_at_the_commit)
{
    struct file_writer w;
    scratch_write("a", "old", 3);
    cr_assert(!file_create(scratch_path("a"), &w).code);
    cr_assert(!file_write(&w, "new", 3).code);
    cr_assert(!fflush(w.stream));
    expect_content("a", "old", "before the commit");
    cr_assert(!file_commit(&w).code);
    expect_content("a", "new", "after it");
    cr_expect(scratch_count() == 1);
}

Test(file, abandoned_leaves_the_old_one)
{
    struct file_writer w;
    scratch_write("a", "old", 3);
    cr_assert(!file_create(scratch_path("a"), &w).code);
    cr_assert(!file_write(&w, "new", 3).code);
    file_abandon(&w);
    expect_content("a", "old", "abandoned");
    cr_expect(scratch_count() == 1);
    file_abandon(&w);
    file_abandon(&(struct file_writer){0});
}

Test(file, full_device)
{
    enum { LARGE = 1 << 20 };
    struct file_writer w;
    char *large = calloc(LARGE, 1);
    cr_assert(!file_create("/dev/full", &w).code);
    expect_failed(file_write(&w, large, LARGE), "/dev/full: cannot be written: No space left on device", "large");
    cr_expect(!w.stream && !w.path);

    cr_assert(!file_create("/dev/full", &w).code);
    struct err e = file_write(&w, "x", 1);
    cr_expect(!e.code, "one byte fits the stream's buffer: %s", err_text(e));
    expect_failed(file_commit(&w), "/dev/full: cannot be written: No space left on device", "small");
    cr_expect(!w.stream && !w.path);
    cr_expect(!access("/dev/full", F_OK), "the device is still there");
    free(large);
}

/* A limit on the size of files, so that a regular one runs full as a disk would. */
Test(file, full_disk_leaves_nothing)
{
    enum { LARGE = 1 << 20 };
    struct file_writer w;
    char *large = calloc(LARGE, 1);
    scratch_write("a", "old", 3);
    signal(SIGXFSZ, SIG_IGN);
    cr_assert(!setrlimit(RLIMIT_FSIZE, &(struct rlimit){4096, RLIM_INFINITY}));
    cr_assert(!file_create(scratch_path("a"), &w).code);
    expect_failed(file_write(&w, large, LARGE), "a: cannot be written: File too large", "disk");
    cr_assert(!setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY}));
    expect_content("a", "old", "disk");
    cr_expect(scratch_count() == 1);
    free(large);
}

Test(file, places_that_cannot_be_written)
{
    const struct {
        const char *path, *says;
    } cases[] = {
        {scratch_path("missing/a"), "missing/a: cannot be created: No such file or directory"},
        {scratch_path("file/a"), "file/a: cannot be created: Not a directory"},
        {scratch_path("."), "is a folder; name a file in it"},
        {"", "empty name"},
    };
    scratch_write("file", "x", 1);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct file_writer w;
        expect_failed(file_create(cases[i].path, &w), cases[i].says, cases[i].path);
        cr_expect(!w.stream && !w.path && !w.temporary, "%s", cases[i].path);
    }
    cr_expect(scratch_count() == 1);
}

Test(file, a_folder_in_the_way_at_the_commit)
{
    struct file_writer w;
    cr_assert(!file_create(scratch_path("a"), &w).code);
    cr_assert(!mkdir(scratch_path("a"), 0777));
    expect_failed(file_commit(&w), "a: cannot be renamed into place: Is a directory", "commit");
    cr_expect(scratch_count() == 1);
}

static void create_in_scratch(void *argument)
{
    struct file_writer w;
    *(struct err *)argument = file_create(scratch_path("a"), &w);
}

static void make_folder_in_scratch(void *argument)
{
    *(struct err *)argument = file_make_folder(scratch_path("b/c"));
}

Test(file, unwritable_folder)
{
    struct err created, made;
    scratch_unwritable(create_in_scratch, &created);
    scratch_unwritable(make_folder_in_scratch, &made);
    expect_failed(created, "a: cannot be created: Permission denied", "create");
    expect_failed(made, "b: folder cannot be made: Permission denied", "folder");
    cr_expect(scratch_count() == 0);
}

Test(file, makes_folders)
{
    static const char *const paths[] = {"one", "one/two/three", "one//two///four", "five/", "."};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        for (int again = 0; again < 2; again++) {
            struct err e = file_make_folder(scratch_path(paths[i]));
            cr_expect(!e.code, "%s: %s", paths[i], err_text(e));
            cr_expect(file_is_folder(scratch_path(paths[i])), "%s", paths[i]);
            err_free(&e);
        }
    cr_assert(!file_make_folder("/").code);
    scratch_write("file", "x", 1);
    expect_failed(file_make_folder(scratch_path("file")), "file: is not a folder", "a file in its place");
    expect_failed(file_make_folder(scratch_path("file/a")), "folder cannot be made: Not a directory", "a file above");
    expect_failed(file_make_folder(""), "empty name", "no name");
    cr_expect(file_exists(scratch_path("file")) && !file_is_folder(scratch_path("file")));
    cr_expect(!file_exists(scratch_path("missing")) && !file_is_folder(scratch_path("missing")));
}

Test(file, free_bytes)
{
    cr_expect(file_free_bytes(scratch_path(".")) > 0);
    cr_expect(file_free_bytes(scratch_path("missing")) == 0);
}

Test(file, cache_folder)
{
    const char *own = scratch_path("own"), *xdg = scratch_path("xdg"), *home = scratch_path("home");
    const struct {
        const char *own, *xdg, *home, *folder;
    } cases[] = {
        {own, xdg, home, "own"},
        {NULL, xdg, home, "xdg/sdbench"},
        {"", xdg, home, "xdg/sdbench"},
        {NULL, "", home, "home/.cache/sdbench"},
        {NULL, NULL, home, "home/.cache/sdbench"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *const values[] = {cases[i].own, cases[i].xdg, cases[i].home};
        static const char *const names[] = {"SDBENCH_CACHE", "XDG_CACHE_HOME", "HOME"};
        char *path = NULL;
        for (int k = 0; k < 3; k++)
            values[k] ? setenv(names[k], values[k], 1) : unsetenv(names[k]);
        struct err e = file_cache_folder(&path);
        cr_assert(!e.code, "case %zu: %s", i, err_text(e));
        cr_expect(!strcmp(path, scratch_path(cases[i].folder)) && file_is_folder(path), "case %zu: %s", i, path);
        free(path);
    }
    char *path = NULL;
    unsetenv("HOME");
    expect_failed(file_cache_folder(&path), "set SDBENCH_CACHE, XDG_CACHE_HOME or HOME", "nothing set");
    scratch_write("file", "x", 1);
    setenv("SDBENCH_CACHE", scratch_path("file"), 1);
    expect_failed(file_cache_folder(&path), "cache (set SDBENCH_CACHE to another folder)", "a file in its place");
    cr_expect(!path);
}
