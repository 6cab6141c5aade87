#include "bench/measure/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/json.h"
#include "pipeline/base/text.h"

enum { MAX_ARGUMENTS = 72, LOOK_MS = 250 };

/* Our environment with some names' values replaced. The list is malloc'ed, its texts are not. */
static char **make_environment(char **own)
{
    size_t n = 0, count = 0;
    while (environ[n])
        n++;
    for (char **o = own; o && *o; o++)
        count++;
    char **list = calloc(n + count + 1, sizeof *list), **at = list;
    if (!list)
        return NULL;
    for (char **theirs = environ; *theirs; theirs++) {
        bool replaced = false;
        for (char **o = own; o && *o; o++)
            replaced |= !strncmp(*theirs, *o, strcspn(*o, "=") + 1);
        if (!replaced)
            *at++ = *theirs;
    }
    for (char **o = own; o && *o; o++)
        *at++ = *o;
    return list;
}

static struct err start(const struct child *c, int write_end, struct usage *begin, pid_t *pid)
{
    const char *argv[MAX_ARGUMENTS + 2] = {"sdbench"};
    for (int i = 0; c->argument[i] && i < MAX_ARGUMENTS; i++)
        argv[i + 1] = c->argument[i];
    char **environment = make_environment(c->environment);
    if (!environment)
        return err_fail("a process to measure cannot be started: out of memory");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, write_end, CHILD_FD);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    *begin = usage_begin();
    int failed =
        posix_spawn(pid, c->program ? c->program : "/proc/self/exe", &actions, NULL, (char *const *)argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    free(environment);
    return failed ? err_fail("a process to measure cannot be started%s%s: %s", c->program ? ": " : "",
                             c->program ? c->program : "", strerror(failed))
                  : OK;
}

/* Lines of a child, and the error that one of them may carry. */
struct reader {
    const struct child_listener *listener;
    struct text line;
    struct err error;
};

static void take_line(struct reader *r)
{
    cJSON *report = cJSON_Parse(text_get(&r->line));
    if (cJSON_HasObjectItem(report, "progress"))
        progress_report(r->listener->progress, json_string(report, "progress"), (uint64_t)json_number(report, "done"),
                        (uint64_t)json_number(report, "total"));
    else if (cJSON_HasObjectItem(report, "error"))
        r->error = err_first(r->error,
                             err_make((enum err_code)json_number(report, "code"), "%s", json_string(report, "error")));
    else if (report)
        r->listener->report(r->listener->context, report);
    cJSON_Delete(report);
    r->line.length = 0;
}

static void take_bytes(struct reader *r, const char *bytes, size_t n)
{
    for (const char *newline; (newline = memchr(bytes, '\n', n));) {
        text_add_bytes(&r->line, bytes, (size_t)(newline - bytes));
        take_line(r);
        n -= (size_t)(newline + 1 - bytes);
        bytes = newline + 1;
    }
    text_add_bytes(&r->line, bytes, n);
}

/* Until the child closes its end. A child that the terminal did not interrupt together with us is told. */
static void listen_to(struct reader *r, int fd, pid_t child)
{
    char part[4096];
    bool told = false;
    for (;;) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        int count = poll(&ready, 1, LOOK_MS);
        if (progress_interrupted() && !told) {
            kill(child, SIGTERM);
            told = true;
        }
        if (count <= 0)
            continue;
        ssize_t n = read(fd, part, sizeof part);
        if (n > 0)
            take_bytes(r, part, (size_t)n);
        else if (n == 0 || errno != EINTR)
            return;
    }
}

static struct err wait_for(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return err_fail("the measured process is lost: %s", strerror(errno));
    if (WIFSIGNALED(status))
        return err_fail("the measured process was ended by signal %d (%s)%s", WTERMSIG(status),
                        strsignal(WTERMSIG(status)), WTERMSIG(status) == SIGKILL ? ": was memory short?" : "");
    return WEXITSTATUS(status) ? err_fail("the measured process ended with code %d", WEXITSTATUS(status)) : OK;
}

struct err child_run(const struct child *child, const struct child_listener *listener, struct usage *begin)
{
    int ends[2];
    pid_t pid;
    if (pipe2(ends, O_CLOEXEC))
        return err_fail("a process to measure cannot be started: %s", strerror(errno));
    struct err e = start(child, ends[1], begin, &pid);
    close(ends[1]);
    if (!e.code) {
        struct reader r = {listener, {0}, OK};
        listen_to(&r, ends[0], pid);
        e = err_first(r.error, wait_for(pid)); /* the child's own words say more than its exit code */
        text_free(&r.line);
    }
    close(ends[0]);
    progress_clear(listener->progress);
    if (!progress_interrupted())
        return e;
    err_free(&e);
    return err_make(ERR_CANCELLED, "cancelled");
}
