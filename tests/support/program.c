#include "tests/support/program.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pipeline/base/text.h"

enum { MAX_ARGUMENTS = 64 };

/* Absolute, for a child that starts in another folder. */
static const char *program_path(void)
{
    static char path[4096];
    const char *named = getenv("SDBENCH_PROGRAM");
    cr_assert(realpath(named ? named : "build/sdbench", path), "no program %s (make first, or set SDBENCH_PROGRAM)",
              named ? named : "build/sdbench");
    return path;
}

static void use_test_cache(void)
{
    char here[2048], cache[4096];
    if (getenv("SDBENCH_CACHE") || !getcwd(here, sizeof here))
        return;
    snprintf(cache, sizeof cache, "%s/build/test-cache", here);
    setenv("SDBENCH_CACHE", cache, 1);
}

static char *read_all(int fd)
{
    struct text t = {0};
    char part[4096];
    text_add(&t, "%s", "");
    lseek(fd, 0, SEEK_SET);
    for (ssize_t n; (n = read(fd, part, sizeof part)) > 0;)
        text_add_bytes(&t, part, (size_t)n);
    close(fd);
    return t.bytes;
}

/* What a terminal shows until the child closes it; then reading ends with EIO. */
static char *watch(int terminal, pid_t child, const char *interrupt)
{
    struct text t = {0};
    char part[4096];
    text_add(&t, "%s", "");
    for (ssize_t n; (n = read(terminal, part, sizeof part)) > 0;) {
        text_add_bytes(&t, part, (size_t)n);
        if (interrupt && strstr(t.bytes, interrupt)) {
            kill(child, SIGINT);
            interrupt = NULL;
        }
    }
    close(terminal);
    return t.bytes;
}

struct program_result program_run(const char *const *argument, const struct program_setting *setting)
{
    const struct program_setting s = setting ? *setting : (struct program_setting){0};
    const char *argv[MAX_ARGUMENTS] = {program_path()};
    for (int i = 0; argument[i]; i++) {
        cr_assert_lt(i, MAX_ARGUMENTS - 2);
        argv[i + 1] = argument[i];
    }
    use_test_cache();
    int out = s.output ? open(s.output, O_WRONLY | O_CLOEXEC) : memfd_create("stdout", MFD_CLOEXEC);
    int master = s.terminal ? posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
    if (s.terminal && (grantpt(master) || unlockpt(master)))
        cr_skip_test("this machine gives no pseudo-terminal: %s", strerror(errno));
    int log = s.terminal ? open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC) : memfd_create("stderr", MFD_CLOEXEC);
    cr_assert(out >= 0 && log >= 0, "cannot capture what the program says: %s", strerror(errno));

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    posix_spawn_file_actions_adddup2(&actions, log, 2);
    if (s.folder)
        posix_spawn_file_actions_addchdir_np(&actions, s.folder);
    pid_t child;
    int failed = posix_spawn(&child, argv[0], &actions, NULL, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    cr_assert_eq(failed, 0, "cannot start %s: %s", argv[0], strerror(failed));

    struct program_result r = {0};
    if (s.terminal) {
        close(log);
        r.log = watch(master, child, s.interrupt);
    }
    int status;
    while (waitpid(child, &status, 0) < 0)
        cr_assert_eq(errno, EINTR, "waiting: %s", strerror(errno));
    r.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (!s.terminal)
        r.log = read_all(log);
    if (s.output)
        close(out);
    r.output = s.output ? strdup("") : read_all(out);
    return r;
}

void program_result_free(struct program_result *r)
{
    free(r->output);
    free(r->log);
    *r = (struct program_result){0};
}

void program_refuses(const char *const *argument, int code, const char *const *words)
{
    struct program_result r = program_run(argument, NULL);
    struct text line = {0};
    for (int i = 0; argument[i]; i++)
        text_add(&line, " %.60s", argument[i]);
    cr_expect_eq(r.code, code, "sdbench%s: exit %d, not %d: %s", text_get(&line), r.code, code, r.log);
    for (int i = 0; words[i]; i++)
        cr_expect(strstr(r.log, words[i]), "sdbench%s: no \"%s\" in: %s", text_get(&line), words[i], r.log);
    text_free(&line);
    program_result_free(&r);
}
