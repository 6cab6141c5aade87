/* ci/ and .github/: what the linters say, what a workflow may do, and how ci/gate passes on what the program says. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "pipeline/base/file.h"
#include "pipeline/base/text.h"
#include "tests/support/scratch.h"

static const char *tree(void)
{
    const char *source = getenv("SDBENCH_SOURCE");
    return source && *source ? source : ".";
}

static void open_in_tree(void)
{
    char top[4096];
    scratch_open();
    cr_assert(realpath(tree(), top) && !chdir(top));
}

TestSuite(ci, .init = open_in_tree, .fini = scratch_close);

/* The exit code of a command; all that it says, malloc'ed. */
static int shell(const char *command, char **said)
{
    char line[8192];
    size_t n;
    snprintf(line, sizeof line, "( %s ) >'%s' 2>&1", command, scratch_path("said"));
    int status = system(line); // NOLINT: the command is the test's own
    *said = scratch_read("said", &n);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void lint(const char *program, const char *command)
{
    char have[256], *said;
    snprintf(have, sizeof have, "command -v %s", program);
    bool there = !shell(have, &said);
    free(said);
    if (!there)
        cr_skip("%s is not installed", program);
    cr_expect_eq(shell(command, &said), 0, "%s: %s", program, said);
    free(said);
}

Test(ci, scripts_are_clean)
{
    lint("shellcheck", "grep -lE '^#!.*(sh|bash)$' ci/* .ci/* | xargs -r shellcheck");
}

Test(ci, workflows_are_clean)
{
    lint("yamllint", "yamllint -s .github .yamllint");
}

Test(ci, workflows_are_valid)
{
    lint("actionlint", "actionlint .github/workflows/*.yml");
}

/* ---- what a workflow may do: read line by line, as our own are laid out */

static const char *value_of(const char *line, const char *key)
{
    line += strspn(line, " -");
    size_t n = strlen(key);
    return !strncmp(line, key, n) && line[n] == ':' ? line + n + 1 + strspn(line + n + 1, " ") : NULL;
}

/* "ci/NAME" and arguments, and nothing that a shell would make more of; and the script is there. */
static bool is_script_of_ci(const char *command)
{
    char path[128];
    size_t n = strcspn(command, " ");
    snprintf(path, sizeof path, "%.*s", (int)n, command);
    return !strncmp(command, "ci/", 3) && !strchr(path + 3, '/') && !access(path, X_OK) &&
           !strpbrk(command, ";|&$`<>(){}");
}

static bool is_known_action(const char *action)
{
    return !strcmp(action, "actions/checkout@v4") || !strcmp(action, "actions/upload-artifact@v4");
}

static int indent(const char *line)
{
    return (int)strspn(line, " ");
}

/* What of a workflow may not be; "" where nothing. Adds to counts of what was looked at. */
static const char *fault_of(char *text, int *runs, int *self_hosted)
{
    static const char ours[] = "github.event.pull_request.head.repo.full_name == github.repository";
    bool pull_request = strstr(text, "pull_request:"), in_jobs = false, hosted = false, guarded = false,
         contents = false;
    const char *fault = "", *value;
    if (strstr(text, "pull_request_target") || strstr(text, "workflow_run"))
        return "a trigger that gives a fork's code our rights";
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        bool job = in_jobs && indent(line) == 2 && line[2] != '#';
        if (job || !indent(line)) { /* the one before ends */
            fault = hosted && pull_request && !guarded ? "a fork's pull request would run on our machine" : fault;
            hosted = guarded = false;
            in_jobs = indent(line) ? in_jobs : !strncmp(line, "jobs:", 5);
        }
        contents |= indent(line) == 2 && !strcmp(line + 2, "contents: read");
        if (strstr(line, ": write"))
            fault = "a permission to write";
        if ((value = value_of(line, "run"))) {
            *runs += 1;
            fault = is_script_of_ci(value) ? fault : "a command that is no script of ci/";
        }
        if ((value = value_of(line, "uses")))
            fault = is_known_action(value) ? fault : "an action that is none of ours";
        if ((value = value_of(line, "runs-on")) && strncmp(value, "ubuntu-", 7)) {
            *self_hosted += 1;
            hosted = true;
        }
        if (indent(line) == 4 && (value = value_of(line, "if")))
            guarded = !strcmp(value, ours);
    }
    fault = hosted && pull_request && !guarded ? "a fork's pull request would run on our machine" : fault;
    return *fault || contents ? fault : "no permissions: contents: read";
}

Test(ci, workflows_only_call_scripts_and_run_no_fork)
{
    int files = 0, runs = 0, self_hosted = 0;
    DIR *folder = opendir(".github/workflows");
    cr_assert(folder, "no workflows");
    for (struct dirent *entry; (entry = readdir(folder));) {
        struct file_map map;
        char path[512];
        if (*entry->d_name == '.')
            continue;
        snprintf(path, sizeof path, ".github/workflows/%s", entry->d_name);
        struct err e = file_map(path, &map);
        cr_assert(!e.code, "%s", err_text(e));
        char *text = strndup((const char *)map.bytes, map.size);
        file_unmap(&map);
        const char *fault = fault_of(text, &runs, &self_hosted);
        cr_expect_str_empty(fault, "%s: %s", path, fault);
        free(text);
        files++;
    }
    closedir(folder);
    cr_expect(files >= 3 && runs >= 4 && self_hosted >= 2, "%d files, %d commands, %d jobs", files, runs, self_hosted);
}

/* The rule itself, on workflows that break it. */
Test(ci, faults_of_workflows_are_seen)
{
#define HEAD  "\"on\":\n  pull_request:\npermissions:\n  contents: read\njobs:\n  a:\n"
#define GUARD "    if: github.event.pull_request.head.repo.full_name == github.repository\n"
    static const struct {
        const char *text, *fault;
    } cases[] = {
        {HEAD GUARD "    runs-on: [self-hosted, gpu]\n    steps:\n      - run: ci/check\n", ""},
        {HEAD "    runs-on: [self-hosted, gpu]\n    steps:\n      - run: ci/check\n", "fork"},
        {HEAD "    runs-on: [self-hosted, gpu]\n    steps:\n      - run: ci/check\n  b:\n" GUARD
              "    runs-on: ubuntu-latest\n",
         "fork"},
        {HEAD "    runs-on: ubuntu-latest\n    steps:\n      - run: make test\n", "no script"},
        {HEAD "    runs-on: ubuntu-latest\n    steps:\n      - run: ci/check; id\n", "no script"},
        {HEAD "    runs-on: ubuntu-latest\n    steps:\n      - name: x\n        run: |\n          ci/check\n",
         "no script"},
        {HEAD "    runs-on: ubuntu-latest\n    steps:\n      - run: ci/gate ${{ github.head_ref }}\n", "no script"},
        {HEAD "    runs-on: ubuntu-latest\n    steps:\n      - uses: someone/else@v1\n", "none of ours"},
        {"\"on\":\n  pull_request_target:\n", "fork's code"},
        {HEAD "    permissions:\n      contents: write\n", "write"},
        {"\"on\":\n  push:\njobs:\n  a:\n    runs-on: ubuntu-latest\n", "no permissions"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int runs = 0, hosted = 0;
        char *text = strdup(cases[i].text);
        const char *fault = fault_of(text, &runs, &hosted);
        cr_expect(*cases[i].fault ? !!strstr(fault, cases[i].fault) : !*fault, "\"%s\", not \"%s\": %s", fault,
                  cases[i].fault, cases[i].text);
        free(text);
    }
}

/* ---- ci/gate, in a copied folder ci whose tree makes a program of the test's own */

/* `doctor` is what that verb prints, `gate` what the verb gate does, with its records in `run`. */
static void make_tree(const char *doctor, const char *gate)
{
    char *said, text[2000];
    cr_assert(!mkdir(scratch_path("t"), 0777) && !mkdir(scratch_path("t/ci"), 0777) &&
              !mkdir(scratch_path("run"), 0777));
    snprintf(text, sizeof text, "cp ci/gate '%s'", scratch_path("t/ci/gate"));
    cr_assert_eq(shell(text, &said), 0, "%s", said);
    free(said);
    static const char makefile[] = "all:\n\t@test ! -e broken\n\t@mkdir -p build && cp program build/sdbench && chmod "
                                   "+x build/sdbench\ndeps:\n\t@:\n";
    scratch_write("t/Makefile", makefile, strlen(makefile));
    int n =
        snprintf(text, sizeof text,
                 "#!/bin/sh\n[ \"$1\" != doctor ] || { echo '%s'; exit 0; }\necho \"asked: $*\"\n%s\n", doctor, gate);
    scratch_write("t/program", text, (size_t)n);
    scratch_write("run/gate.md", "### made up\n", 12);
}

static int run_gate(const char *arguments, char **said)
{
    char command[4096];
    snprintf(command, sizeof command, "unset BUILD MAKEFLAGS; GITHUB_STEP_SUMMARY='%s' '%s' %s",
             scratch_path("summary"), scratch_path("t/ci/gate"), arguments);
    return shell(command, said);
}

Test(ci, gate_passes_on_code_and_summary)
{
    static const int codes[][2] = {{0, 0}, {1, 1}, {2, 2}, {3, 3}, {77, 77}, {139, 3}, {5, 3}};
    char does[1200], *said;
    size_t n;
    make_tree("  device         NVIDIA H200", "");
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        int length = snprintf(does, sizeof does,
                              "#!/bin/sh\n[ \"$1\" != doctor ] || { echo '  device  made up'; exit 0; }\n"
                              "echo \"asked: $*\"\necho 'records: %s'\nexit %d\n",
                              scratch_path("run"), codes[i][0]);
        scratch_write("t/program", does, (size_t)length);
        scratch_write("summary", "", 0);
        cr_expect_eq(run_gate("v1 --rounds 4", &said), codes[i][1], "%d: %s", codes[i][0], said);
        cr_expect(strstr(said, "asked: gate --base v1 --backend cuda --rounds 4\n"), "%s", said);
        free(said);
        char *summary = scratch_read("summary", &n);
        cr_expect_str_eq(summary, "### made up\n");
        free(summary);
    }
}

Test(ci, gate_takes_the_cpu_where_no_gpu_is)
{
    char *said;
    size_t n;
    make_tree("  device         NO: no driver", "exit 2");
    cr_expect_eq(run_gate("'a b'", &said), 2, "%s", said);
    cr_expect(strstr(said, "asked: gate --base a b --backend cpu\n"), "%s", said);
    free(said);
    char *summary = scratch_read("summary", &n);
    cr_expect(strstr(summary, "no result (exit code 2)"), "%s", summary);
    free(summary);
    cr_expect_eq(run_gate("v1 --backend=cuda", &said), 2, "%s", said);
    cr_expect(strstr(said, "asked: gate --base v1 --backend=cuda\n"), "what was demanded is not changed: %s", said);
    free(said);
}

Test(ci, gate_refuses)
{
    char *said;
    make_tree("", "exit 0");
    cr_expect_eq(run_gate("", &said), 3, "%s", said);
    cr_expect(strstr(said, "name the base"), "%s", said);
    free(said);
    cr_expect_eq(run_gate("--backend cpu", &said), 3, "%s", said);
    free(said);
    scratch_write("t/broken", "", 0);
    cr_expect_eq(run_gate("v1", &said), 3, "%s", said);
    cr_expect(strstr(said, "does not build"), "%s", said);
    free(said);
}
