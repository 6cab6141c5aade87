#include "bench/gate/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pipeline/base/text.h"

enum { LONGEST_TEXT = 1 << 16 };

extern char **environ;

/* A make above this program would lend its jobs and its variables to the one that is started here. */
static const char *const not_inherited[] = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "BUILD"};

/* The environment without those, the strings not copied; malloc'ed. */
static char **environment(void)
{
    size_t n = 0, kept = 0;
    while (environ[n])
        n++;
    char **out = calloc(n + 1, sizeof *out);
    for (size_t i = 0; out && i < n; i++) {
        bool keep = true;
        for (size_t k = 0; k < ARRAY_LEN(not_inherited) && keep; k++) {
            size_t length = strlen(not_inherited[k]);
            keep = strncmp(environ[i], not_inherited[k], length) || environ[i][length] != '=';
        }
        if (keep)
            out[kept++] = environ[i];
    }
    return out;
}

static struct err start(const char *const *argv, int out, int log, pid_t *child)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t usual;
    char **with = environment();
    if (!with)
        return err_fail("out of memory");
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    posix_spawn_file_actions_adddup2(&actions, log, 2);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE); /* which this program ignores */
    posix_spawnattr_setsigdefault(&attributes, &usual);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    int failed = posix_spawnp(child, argv[0], &actions, &attributes, (char *const *)argv, with);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    free(with);
    return failed ? err_fail("%s: cannot be started: %s", argv[0], strerror(failed)) : OK;
}

static struct err finish(const char *const *argv, pid_t child, int *code)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return err_fail("%s: cannot be waited for: %s", argv[0], strerror(errno));
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (*code == 128 + SIGINT)
        return err_make(ERR_CANCELLED, "%s: interrupted", argv[0]);
    return OK;
}

struct err command_run(const char *const *argv, const char *log, int *code)
{
    pid_t child;
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0)
        return err_fail("%s: cannot be written: %s", log, strerror(errno));
    struct err e = start(argv, fd, fd, &child);
    close(fd);
    return e.code ? e : finish(argv, child, code);
}

/* All that comes, the first LONGEST_TEXT bytes of it kept: a writer is not held up. */
static void drain(int from, struct text *out)
{
    char part[4096];
    for (;;) {
        ssize_t n = read(from, part, sizeof part);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        size_t room = LONGEST_TEXT - out->length;
        text_add_bytes(out, part, (size_t)n < room ? (size_t)n : room);
    }
}

struct err command_text(const char *const *argv, char **text, int *code)
{
    int end[2], nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    struct text said = {0};
    pid_t child;
    *text = NULL;
    if (nowhere < 0 || pipe2(end, O_CLOEXEC)) {
        struct err e = err_fail("%s: cannot be started: %s", argv[0], strerror(errno));
        if (nowhere >= 0)
            close(nowhere);
        return e;
    }
    struct err e = start(argv, end[1], nowhere, &child);
    close(end[1]);
    close(nowhere);
    if (!e.code) {
        drain(end[0], &said);
        e = finish(argv, child, code);
    }
    close(end[0]);
    size_t length = strlen(text_get(&said));
    while (length && strchr("\r\n", said.bytes[length - 1]))
        length--;
    if (!e.code && !(*text = strndup(text_get(&said), length)))
        e = err_fail("out of memory");
    text_free(&said);
    return e;
}
