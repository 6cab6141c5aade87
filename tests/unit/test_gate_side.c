/* Sides of a gate: a made-up repository whose Makefile makes a program that answers --version. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "bench/gate/command.h"
#include "bench/gate/side.h"
#include "pipeline/base/file.h"
#include "tests/support/scratch.h"

/* Says "sdbench 1.N", N the text of bench/number; each build adds a line to the file that BUILDS names. */
static const char makefile[] = "all:\n"
                               "\t@echo begun >>$(BUILDS)\n"
                               "\t@test ! -e bench/broken || { echo 'bench/main.c:3: error: no such thing'; exit 1; }\n"
                               "\t@mkdir -p build\n"
                               "\t@printf '#!/bin/sh\\necho sdbench 1.%s\\n' `cat bench/number` >build/sdbench\n"
                               "\t@chmod +x build/sdbench\n";

static void shell(const char *command)
{
    cr_assert(!system(command), "%s", command); // NOLINT: the test's own
}

static void commit(const char *number)
{
    scratch_write("tree/bench/number", number, strlen(number));
    shell("git add -A && git commit -qm change");
}

static void open_repository(void)
{
    scratch_open();
    if (system("git --version >/dev/null 2>&1")) // NOLINT: as above
        cr_skip("there is no git");
    setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
    setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
    setenv("GIT_AUTHOR_NAME", "A", 1);
    setenv("GIT_AUTHOR_EMAIL", "a@example.org", 1);
    setenv("GIT_COMMITTER_NAME", "A", 1);
    setenv("GIT_COMMITTER_EMAIL", "a@example.org", 1);
    setenv("BUILDS", scratch_path("builds"), 1);
    cr_assert(!mkdir(scratch_path("tree"), 0777) && !mkdir(scratch_path("tree/bench"), 0777) &&
              !mkdir(scratch_path("logs"), 0777));
    scratch_write("tree/Makefile", makefile, strlen(makefile));
    scratch_write("tree/.gitignore", "build/\n", 7);
    cr_assert(!chdir(scratch_path("tree")));
    shell("git init -q");
    commit("1");
    shell("git tag v1");
    commit("2");
}

TestSuite(gate_side, .init = open_repository, .fini = scratch_close);

static int builds(void)
{
    size_t n;
    char *text = file_exists(scratch_path("builds")) ? scratch_read("builds", &n) : NULL;
    int lines = 0;
    for (const char *c = text; c && *c; c++)
        lines += *c == '\n';
    free(text);
    return lines;
}

static struct gate_side base(const char *name)
{
    struct gate_side s;
    struct err e = side_base(name, scratch_path("logs"), &s);
    cr_assert(!e.code, "%s: %s", name, err_text(e));
    return s;
}

static void refused(const char *name, const char *word)
{
    struct gate_side s;
    struct err e = side_base(name, scratch_path("logs"), &s);
    cr_expect_eq(e.code, ERR_FAILED, "%s", name);
    cr_expect(strstr(err_text(e), word), "%s: no \"%s\" in: %s", name, word, err_text(e));
    cr_expect(!strchr(err_text(e), '\n'), "one line: %s", err_text(e));
    cr_expect(!s.program && !s.title);
    err_free(&e);
}

static char *said(const char *const *argv)
{
    char *text;
    int code;
    struct err e = command_text(argv, &text, &code);
    cr_assert(!e.code && !code, "%s: %d, %s", argv[0], code, err_text(e));
    return text;
}
#define SAID(...) said((const char *const[]){__VA_ARGS__, NULL})

Test(gate_side, a_revision_is_built_once)
{
    char *commit_of_tag = SAID("git", "rev-parse", "v1"), title[32];
    char *before = SAID("git", "status", "--porcelain"), *trees = SAID("git", "worktree", "list");
    snprintf(title, sizeof title, "v1 (%.7s)", commit_of_tag);
    for (int i = 0; i < 2; i++) {
        struct gate_side s = base("v1");
        cr_expect_str_eq(s.title, title);
        cr_expect_str_eq(s.revision, commit_of_tag);
        cr_expect_str_eq(s.version, "1.1");
        cr_expect(!s.dirty && s.program[0] == '/' && strstr(s.program, "/build/gate/"), "%s", s.program);
        side_free(&s);
    }
    cr_expect_eq(builds(), 1);
    struct gate_side s = base("HEAD");
    cr_expect_str_eq(s.version, "1.2");
    side_free(&s);
    char *after = SAID("git", "status", "--porcelain"), *trees_after = SAID("git", "worktree", "list");
    cr_expect_str_eq(before, after);
    cr_expect_str_eq(trees, trees_after);
    free(commit_of_tag), free(before), free(after), free(trees), free(trees_after);
}

Test(gate_side, a_half_build_or_other_flags_are_built_again)
{
    struct gate_side s = base("v1");
    char stamp[4096], link[4096];
    snprintf(stamp, sizeof stamp, "%s", s.program);
    snprintf(strrchr(stamp, '/'), 20, "/gate-stamp");
    cr_assert(!unlink(stamp), "%s", stamp);
    side_free(&s);
    s = base("v1");
    cr_expect_eq(builds(), 2);
    side_free(&s);
    setenv("OPTIMIZE", "-O0", 1);
    s = base("v1");
    cr_expect_eq(builds(), 3);
    side_free(&s);
    cr_assert(!mkdir("build/onednn", 0777));
    s = base("v1");
    cr_expect_eq(builds(), 4, "it has another library to find");
    snprintf(link, sizeof link, "%s", s.program);
    snprintf(strrchr(link, '/'), 20, "/onednn");
    struct stat st;
    cr_expect(!lstat(link, &st) && S_ISLNK(st.st_mode), "%s", link);
    side_free(&s);
    unsetenv("OPTIMIZE");
    s = base("v1"); /* again: the old export goes, and what its link leads to stays */
    cr_expect(file_is_folder("build/onednn"));
    side_free(&s);
}

Test(gate_side, two_at_once_build_one)
{
    pid_t child[2];
    for (int i = 0; i < 2; i++)
        if (!(child[i] = fork())) {
            struct gate_side s;
            struct err e = side_base("v1", scratch_path("logs"), &s);
            _exit(e.code || strcmp(s.version, "1.1") ? 1 : 0);
        }
    for (int i = 0; i < 2; i++) {
        int status;
        cr_assert_eq(waitpid(child[i], &status, 0), child[i]);
        cr_expect(WIFEXITED(status) && !WEXITSTATUS(status));
    }
    cr_expect_eq(builds(), 1);
}

Test(gate_side, the_working_tree)
{
    struct gate_side s;
    struct err e = side_new(scratch_path("logs"), &s);
    cr_assert(!e.code, "%s", err_text(e));
    cr_expect_str_eq(s.version, "1.2");
    cr_expect(!s.dirty && !strncmp(s.title, "working tree (", 14) && !strchr(s.title, ','), "%s", s.title);
    side_free(&s);
    scratch_write("tree/bench/number", "3", 1);
    e = side_new(scratch_path("logs"), &s);
    cr_assert(!e.code, "%s", err_text(e));
    cr_expect_str_eq(s.version, "1.3");
    cr_expect(s.dirty && strstr(s.title, ", changed)") && !strstr(s.title, scratch_path("")), "%s", s.title);
    side_free(&s);
}

Test(gate_side, folders)
{
    static const char program[] = "#!/bin/sh\necho 'sdbench 7.7'\n", liar[] = "#!/bin/sh\necho hello\n";
    cr_assert(!mkdir(scratch_path("old"), 0777) && !mkdir(scratch_path("old/bin"), 0777) &&
              !mkdir(scratch_path("liar"), 0777) && !mkdir(scratch_path("empty"), 0777));
    scratch_write("old/bin/sdbench", program, strlen(program));
    scratch_write("liar/sdbench", liar, strlen(liar));
    cr_assert(!chmod(scratch_path("old/bin/sdbench"), 0755) && !chmod(scratch_path("liar/sdbench"), 0755));
    struct gate_side s = base("../old");
    cr_expect_str_eq(s.title, "old");
    cr_expect_str_eq(s.version, "7.7");
    cr_expect_str_eq(s.revision, "");
    side_free(&s);
    s = base("../old/bin/");
    cr_expect_str_eq(s.title, "bin");
    side_free(&s);
    refused("../liar", "does not answer --version");
    refused("../empty", "neither a program sdbench nor our sources");

    /* a source tree, seen from a folder that is none: then this very program is the new side, and says nothing of
     * sdbench */
    cr_assert(!chdir(scratch_path("empty")));
    s = base("../tree");
    cr_expect(!strncmp(s.title, "tree (", 6) && strlen(s.revision) == 40, "%s", s.title);
    side_free(&s);
    refused("v1", "in no checkout");
}

Test(gate_side, what_is_no_revision)
{
    refused("v2", "no commit of this repository");
    refused("--output=x", "no revision");
    refused("", "no revision");
    refused("v1; touch hacked", "no commit");
    refused("$(touch hacked)", "no commit");
    cr_expect(!file_exists("hacked"));
    cr_expect_eq(builds(), 0);
}

Test(gate_side, a_build_that_fails)
{
    scratch_write("tree/bench/broken", "", 0);
    commit("4");
    refused("HEAD", "bench/main.c:3: error: no such thing");
    refused("HEAD", "logs/build-base.log");
    cr_expect_eq(builds(), 2, "a build that failed is begun again");
    struct gate_side s = base("v1"); /* and spoils no other */
    side_free(&s);
}
