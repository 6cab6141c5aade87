/* The table of cache states, lists of files and maps, folders of caches and environments. */
#include "bench/state/environment.h"
#include "bench/state/folder.h"
#include "bench/state/mapped.h"
#include "bench/state/state.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(states, .init = scratch_open, .fini = scratch_close);

static void expect_refused(struct err e, const char *says)
{
    cr_expect(e.code == ERR_FAILED && strstr(err_text(e), says), "%d %s", e.code, err_text(e));
    err_free(&e);
}

Test(states, names)
{
    const struct state_row *row;
    int rows = 0;
    for (const struct state_row *s = state_rows; s->name; s++, rows++) {
        cr_assert(!state_find(s->name, &row).code);
        cr_expect(row == s && *s->title && *s->answers, "%s", s->name);
        for (const struct state_row *t = state_rows; t != s; t++)
            cr_expect(t->disk != s->disk || t->plans != s->plans || t->jit != s->jit || t->live != s->live ||
                          t->idle_s != s->idle_s,
                      "%s and %s differ", s->name, t->name);
    }
    cr_expect(rows == 7);
    cr_assert(!state_find("C0", &row).code);
    cr_expect(row->disk == DISK_EVICTED && row->plans == PLANS_ABSENT && row->jit == JIT_EMPTY && !row->live);
    cr_assert(!state_find("C3", &row).code);
    cr_expect(row->disk == DISK_RESIDENT && row->plans == PLANS_ABSENT && row->jit == JIT_WARM && !row->live);
    expect_refused(state_find("settled", &row),
                   "no state is called \"settled\" (there are: C0, C1, C2, C3, C4, W0, W1)");
    cr_expect(!row);
}

Test(states, which_apply)
{
    static const struct {
        bool plans, jit;
        const char *same; /* pairs: a row, and what it says */
    } cases[] = {
        {true, true, ""},
        {false, true, "C3 the same as C2: backend b keeps no plans\n"},
        {true, false, ""},
        {false, false,
         "C1 the same as C0: backend b keeps no plans and no compiled code\n"
         "C3 the same as C2: backend b keeps no plans\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct state_subject what = {.backend = "b", .has_plan_cache = cases[i].plans, .has_jit_cache = cases[i].jit};
        char said[512] = "", reason[128];
        for (const struct state_row *s = state_rows; s->name; s++)
            if (!state_applies(s, &what, reason, sizeof reason))
                snprintf(said + strlen(said), sizeof said - strlen(said), "%s %s\n", s->name, reason);
            else
                cr_expect(!*reason);
        cr_expect(!strcmp(said, cases[i].same), "%zu: %s", i, said);
    }
}

static void expect_list(const struct file_list *l, const char *const *paths)
{
    size_t n = 0;
    while (paths[n])
        n++;
    cr_expect(l->count == n, "%zu files", l->count);
    for (size_t i = 0; i < l->count && i < n; i++)
        cr_expect(!strcmp(l->path[i], paths[i]), "%s", l->path[i]);
}

Test(states, text_of_maps)
{
    static const char text[] =
        "55d0c0000000-55d0c0020000 r--p 00000000 fe:01 1311 /usr/bin/z program\n"
        "55d0c0020000-55d0c0040000 r-xp 00020000 fe:01 1311                       /usr/bin/z program\n"
        "55d0c1000000-55d0c1021000 rw-p 00000000 00:00 0                          [heap]\n"
        "7f0000000000-7f0000001000 r--p 00000000 fe:01 77                         /lib/two\\012lines.so\n"
        "7f0000001000-7f0000002000 r--p 00000000 fe:01 78                         /lib/a\\b\\01.so\n"
        "7f0000002000-7f0000003000 r--p 00000000 fe:01 79                         /lib/old.so (deleted)\n"
        "7f0000003000-7f0000004000 rw-s 00000000 00:01 2053                       /memfd:x (deleted)\n"
        "7f0000004000-7f0000005000 rw-p 00000000 00:00 0 \n"
        "7f0000005000-7f0000006000 rw-p 00000000 00:00 0\n"
        "7f0000006000-7f0000007000 rw-s 00000000 00:0e 9                          anon_inode:[perf_event]\n"
        "7f0000007000-7f0000008000 rw-p 00000000 00:00 0                          [anon:name /with/path]\n"
        "7f0000008000-7f0000009000 r--p 00000000 fe:01 18446744073709551615       /lib/ two  blanks \n"
        "7ffd00000000-7ffd00002000 r-xp 00000000 00:00 0                          [vdso]\n"
        "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n"
        "7f0000009000-7f000000a000 r--p 00000000 fe:01 80                         /lib/deleted)\n"
        "no such line /lib/x\n"
        "\n"
        "7f000000a000-7f000000b000 r--p 00000000 fe:01 81                         /cut";
    struct file_list l = {0};
    cr_assert(!mapped_parse(text, &l).code);
    expect_list(&l, (const char *const[]){"/cut", "/lib/ two  blanks ", "/lib/a\\b\\01.so", "/lib/deleted)",
                                          "/lib/two\nlines.so", "/usr/bin/z program", NULL});
    file_list_free(&l);
    cr_assert(!mapped_parse("", &l).code);
    cr_expect(!l.count);
    file_list_free(&l);
}

static void *map_file(const char *path, size_t size)
{
    FILE *f = fopen(path, "r");
    cr_assert(f, "%s", path);
    void *map = mmap(NULL, size, PROT_READ, MAP_SHARED, fileno(f), 0);
    fclose(f);
    cr_assert(map != MAP_FAILED);
    return map;
}

/* This process with one more file, which a name with a newline has. */
Test(states, files_of_this_process)
{
    struct file_list before = {0}, with = {0}, others = {0};
    char name[32];
    scratch_write("new\n file", "x", 1);
    char *path = realpath(scratch_path("new\n file"), NULL);
    cr_assert(path);
    cr_expect(mapped_by(path, name) == 0 && !*name);
    cr_assert(!mapped_files(0, &before).code);
    void *map = map_file(path, 1);
    cr_assert(!mapped_files(getpid(), &with).code);
    cr_assert(!mapped_of_backend(&with, &before, &others).code);
    cr_expect(before.count > 1 && file_list_has(&with, path) && !file_list_has(&before, path));
    expect_list(&others, (const char *const[]){path, NULL});
    cr_expect(mapped_by(path, name) == getpid() && *name);
    munmap(map, 1);
    expect_refused(mapped_files(2147483646, &others), "/proc/2147483646/maps");
    file_list_free(&before);
    file_list_free(&with);
    file_list_free(&others);
    free(path);
}

Test(states, files_of_a_checkpoint)
{
    struct file_list l = {0};
    cr_assert(!mkdir(scratch_path("c"), 0700) && !mkdir(scratch_path("c/unet"), 0700));
    expect_refused(files_of_checkpoint(scratch_path("c"), &l), "there is no .safetensors file");
    expect_refused(files_of_checkpoint(scratch_path("none"), &l), "none: No such file");
    scratch_write("c/unet/b.safetensors", "x", 1);
    scratch_write("c/a.safetensors", "x", 1);
    scratch_write("c/config.json", "x", 1);
    scratch_write("c/.safetensors", "x", 1);
    scratch_write("blob", "x", 1);
    cr_assert(!symlink("../blob", scratch_path("c/link.safetensors")));
    char *folder = realpath(scratch_path("."), NULL), path[4][1024];
    static const char *const names[] = {"blob", "c/.safetensors", "c/a.safetensors", "c/unet/b.safetensors"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        snprintf(path[i], sizeof path[i], "%s/%s", folder, names[i]);
    cr_assert(!files_of_checkpoint(scratch_path("c"), &l).code);
    expect_list(&l, (const char *const[]){path[0], path[1], path[2], path[3], NULL});
    file_list_free(&l);
    cr_assert(!files_of_checkpoint(scratch_path("blob"), &l).code); /* whatever its name */
    expect_list(&l, (const char *const[]){path[0], NULL});
    file_list_free(&l);
    free(folder);
}

Test(states, marks_of_folders)
{
    struct folder_mark none = folder_mark(scratch_path("none")), one, two;
    cr_expect(none.files == 0);
    cr_assert(!mkdir(scratch_path("f"), 0700) && !mkdir(scratch_path("f/g"), 0700));
    cr_expect(folder_mark(scratch_path("f")).files == 0);
    scratch_write("f/g/a", "x", 1);
    one = folder_mark(scratch_path("f"));
    two = folder_mark(scratch_path("f"));
    cr_expect(one.files == 1 && one.hash == two.hash);
    scratch_write("f/g/a", "xy", 2);
    two = folder_mark(scratch_path("f"));
    cr_expect(two.files == 1 && one.hash != two.hash, "another content shows");
    scratch_write("f/b", "", 0);
    cr_expect(folder_mark(scratch_path("f")).files == 2);
    folder_remove(scratch_path("f"));
    cr_expect(scratch_count() == 0);
}

static void make_below(void *argument)
{
    char *path;
    *(struct err *)argument = folder_make_empty(scratch_path("."), &path);
}

Test(states, empty_folders)
{
    struct stat st;
    struct err e;
    char *one, *two;
    cr_assert(!folder_make_empty(scratch_path("a/b"), &one).code && !folder_make_empty(scratch_path("a/b"), &two).code);
    cr_expect(strcmp(one, two) && !stat(one, &st) && (st.st_mode & 07777) == 0700);
    folder_remove(one);
    cr_expect(stat(one, &st) && !stat(two, &st));
    free(one);
    free(two);
    scratch_unwritable(make_below, &e);
    expect_refused(e, "an empty folder cannot be made: Permission denied");
}

static int entries_of(char **list, const char *name, const char **value)
{
    int n = 0;
    size_t length = strlen(name);
    for (size_t i = 0; list[i]; i++)
        if (!strncmp(list[i], name, length) && list[i][length] == '=') {
            *value = list[i] + length + 1;
            n++;
        }
    return n;
}

Test(states, environment_of_a_process)
{
    struct state_environment env = {0};
    struct stat st;
    char **list;
    const char *value;
    setenv(PLANS_VARIABLE, "old", 1);
    setenv(PLANS_VARIABLE "_TOO", "kept", 1);
    unsetenv(JIT_VARIABLE);
    cr_assert(!state_environment_set(&env, PLANS_VARIABLE, "/the/plans").code);
    cr_assert(!state_environment_set_empty(&env, JIT_VARIABLE, scratch_path("empty")).code);
    cr_expect(!strcmp(state_environment_get(&env, PLANS_VARIABLE), "/the/plans"));
    cr_expect(!state_environment_get(&env, "HOME"));
    const char *made = state_environment_get(&env, JIT_VARIABLE);
    char *kept = strdup(made);
    cr_expect(!stat(made, &st) && S_ISDIR(st.st_mode));
    cr_assert(!state_environment_list(&env, &list).code);
    cr_expect(entries_of(list, PLANS_VARIABLE, &value) == 1 && !strcmp(value, "/the/plans"));
    cr_expect(entries_of(list, PLANS_VARIABLE "_TOO", &value) == 1 && !strcmp(value, "kept"));
    cr_expect(entries_of(list, JIT_VARIABLE, &value) == 1 && !strcmp(value, kept));
    state_environment_free_list(list);
    state_environment_end(&env);
    cr_expect(stat(kept, &st) && !env.count, "it is removed");
    state_environment_end(&env);
    free(kept);
}
