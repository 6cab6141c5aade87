/* ci/build-facts: what it writes, and that it leaves a file alone that says so already. */
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void open_source(void)
{
    scratch_open();
    cr_assert(!mkdir(scratch_path("source"), 0755) && !chdir(scratch_path("source")));
    scratch_write("source/Makefile", "all:\n", 5);
    setenv("GIT_CEILING_DIRECTORIES", scratch_path("."), 1); /* no repository that the scratch folder may be in */
    setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
    setenv("FACTS_CC", "cc", 1);
    setenv("FACTS_FLAGS", "-O2", 1);
    if (system("git --version >/dev/null 2>&1"))
        cr_skip("git is not installed");
}

TestSuite(build_facts, .init = open_source, .fini = scratch_close);

static void git(const char *command)
{
    char line[512];
    snprintf(line, sizeof line, "git -c user.name=a -c user.email=a@example.com %s >/dev/null 2>&1", command);
    cr_assert(!system(line), "%s", line);
}

/* Writes ../facts.h, and tells whether it is another file than before. */
static bool write_facts(void)
{
    struct stat before = {0}, after;
    const char *root = getenv("SDBENCH_SOURCE");
    char line[4200];
    stat("../facts.h", &before);
    snprintf(line, sizeof line, "'%s/ci/build-facts' ../facts.h", root ? root : ".");
    cr_assert(!system(line), "%s", line);
    cr_assert(!stat("../facts.h", &after));
    cr_expect_eq(scratch_count(), 2, "no temporary stays");
    return before.st_ino != after.st_ino || before.st_mtim.tv_nsec != after.st_mtim.tv_nsec ||
           before.st_mtim.tv_sec != after.st_mtim.tv_sec;
}

static void expect_facts(bool is_new, const char *words)
{
    size_t n;
    cr_expect_eq(write_facts(), is_new, "%s", words);
    char *text = scratch_read("facts.h", &n);
    cr_expect(strstr(text, words), "%s in %s", words, text);
    free(text);
}

Test(build_facts, follow_the_repository)
{
    expect_facts(true, "SDBENCH_REVISION \"unknown\"\n#define SDBENCH_SOURCE_STATE \"unknown\"");
    expect_facts(false, "unknown");
    git("init");
    expect_facts(false, "unknown"); /* the Makefile is not in it */
    git("add Makefile");
    git("commit -m one");
    expect_facts(true, "SDBENCH_SOURCE_STATE \"clean\"");
    scratch_write("source/other", "", 0);
    expect_facts(false, "clean"); /* not in the repository either */
    scratch_write("source/Makefile", "all: x\n", 7);
    expect_facts(true, "SDBENCH_SOURCE_STATE \"modified\"");
    expect_facts(false, "modified");
    git("commit -am two");
    expect_facts(true, "SDBENCH_SOURCE_STATE \"clean\"");
}

Test(build_facts, quote_flags)
{
    expect_facts(true, "#define SDBENCH_FLAGS \"-O2\"");
    setenv("FACTS_FLAGS", "-DA='\"x\"' -DB=\\\\", 1);
    expect_facts(true, "#define SDBENCH_FLAGS \"-DA='\\\"x\\\"' -DB=\\\\\\\\\"");
    expect_facts(false, "SDBENCH_FLAGS");
    setenv("FACTS_CC", "another", 1);
    expect_facts(true, "another");
}
