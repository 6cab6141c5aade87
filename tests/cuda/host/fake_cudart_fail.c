/* Failures on purpose.
 *
 * SDBENCH_FAKE_FAIL=each asks of every call: what if this one had failed? The process forks; in the child the call
 * fails, and the child goes on as the program would. It has to unwind, print one line "sdbench: ..." and end with code
 * 3, without leaving anything behind; the parent waits for it, notes where it did not, and goes on as if nothing had
 * been. A child does not fork again. Its output goes nowhere, its messages to the parent. Only the thread that calls
 * lives on in a child: a program that waits for others there runs into the time limit; SDBENCH_FAKE_FAIL=N is for such
 * programs.
 *
 * A failed release may be passed over (what it ends is gone), and so may functions in SDBENCH_FAKE_OPTIONAL: then the
 * child may also end with code 0 and no such line, or, where the function is one of those, with code 77 and one. */
#include "tests/cuda/host/fake_cudart.h"

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SECONDS = 30, SHOWN = 5, FRAMES = 48, PLACES = 1 << 16, SAID = 1 << 16, EXIT_FAILED = 3, EXIT_ABSENT = 77 };

static bool in_child;
static long calls, counted, children, failures;
static char shown[2048];
static uint64_t places[PLACES]; /* hashes of call stacks, open addressing */

bool fail_in_child(void)
{
    return in_child;
}

static void note(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    size_t n = strlen(shown);
    if (++failures <= SHOWN)
        vsnprintf(shown + n, sizeof shown - n, format, list);
    va_end(list);
}

/* Whether the call comes from a place, and by a way, that is new. */
static bool place_is_new(void)
{
    void *frame[FRAMES];
    int n = backtrace(frame, FRAMES);
    uint64_t hash = 1;
    for (int i = 0; i < n; i++)
        hash = (hash ^ (uintptr_t)frame[i]) * 0x100000001b3u + ((hash >> 29) | 1);
    for (size_t i = hash % PLACES, tries = 0; tries < PLACES; i = (i + 1) % PLACES, tries++) {
        if (places[i] == hash)
            return false;
        if (!places[i]) {
            places[i] = hash;
            return true;
        }
    }
    return true;
}

static int64_t milliseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void become_child(int messages)
{
    in_child = true;
    lock_in_child();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(nothing, STDOUT_FILENO) < 0 ||
        dup2(messages, STDERR_FILENO) < 0)
        abort();
    close(nothing);
    close(messages);
}

/* All that the child says until it ends, in `said`; kept as far as there is room. False where that took too long. */
static bool listen_to(int from, char *said, size_t room)
{
    int64_t until = milliseconds() + SECONDS * 1000;
    size_t n = 0;
    said[0] = 0;
    for (;;) {
        int64_t left = until - milliseconds();
        struct pollfd p = {.fd = from, .events = POLLIN};
        int ready = left > 0 ? poll(&p, 1, (int)left) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return false;
        char more[4096];
        ssize_t got = read(from, more, sizeof more);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return true;
        size_t keep = (size_t)got < room - 1 - n ? (size_t)got : room - 1 - n;
        memcpy(said + n, more, keep);
        said[n += keep] = 0;
    }
}

/* Lines that begin with `with`; the first one goes to *first, cut off at its end. */
static int lines_of(char *said, const char *with, const char **first)
{
    int count = 0;
    for (char *at = said; at && *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
        if (!strncmp(at, with, strlen(with)) && !count++)
            *first = at;
    return count;
}

static void judge(const char *name, enum fake_kind kind, char *said, int status)
{
    const char *line = NULL, *leak = "";
    int lines = lines_of(said, "sdbench: ", &line);
    bool leaked = lines_of(said, "fake: leaked", &leak) > 0;
    bool optional = list_has(settings.optional, name), passes_over = optional || kind == FAKE_RELEASES;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (leaked)
        note(" %s (call %ld): %.*s;", name, calls, (int)strcspn(leak + 6, "\n"), leak + 6);
    else if ((code == EXIT_FAILED || (code == EXIT_ABSENT && optional)) && lines == 1)
        return;
    else if (passes_over && code == 0 && lines == 0)
        return;
    else
        note(" %s (call %ld): %s %d, %d lines;", name, calls, WIFEXITED(status) ? "exit code" : "ended by signal",
             WIFEXITED(status) ? code : WTERMSIG(status), lines);
}

/* True in the child. */
static bool forked(const char *name, enum fake_kind kind)
{
    static char said[SAID];
    int way[2], status = 0;
    if (pipe2(way, O_CLOEXEC))
        abort();
    pid_t child = fork();
    if (child == 0) {
        become_child(way[1]);
        return true;
    }
    close(way[1]);
    children++;
    if (child < 0) {
        note(" %s (call %ld): fork: %s;", name, calls, strerror(errno));
    } else {
        bool in_time = listen_to(way[0], said, sizeof said);
        if (!in_time)
            kill(child, SIGKILL);
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
        if (in_time)
            judge(name, kind, said, status);
        else
            note(" %s (call %ld): still running after %d s;", name, calls, SECONDS);
    }
    close(way[0]);
    return false;
}

static bool fails(const char *name, enum fake_kind kind)
{
    calls++;
    if (!settings.fail || (settings.names && !list_has(settings.names, name)))
        return false;
    counted++;
    if (strcmp(settings.fail, "each"))
        return counted == strtol(settings.fail, NULL, 10);
    return !in_child && (!settings.distinct || place_is_new()) && forked(name, kind);
}

enum fake_verdict fake_call(const char *name, enum fake_kind kind)
{
    lock();
    enum fake_verdict verdict = FAKE_GOES_ON;
    if (error_broken()) {
        verdict = FAKE_FAULT;
    } else if (fails(name, kind)) {
        verdict = kind == FAKE_ASKS ? FAKE_REFUSED : FAKE_FAULT;
        if (verdict == FAKE_FAULT)
            error_break(cudaErrorLaunchFailure);
    }
    unlock();
    return verdict;
}

/* "fake: 120 calls, 120 children, 1 failures: cudaMalloc (call 7): exit code 139, 0 lines;" */
void fail_report(int file)
{
    if (file >= 0)
        dprintf(file, "fake: %ld calls, %ld children, %ld failures%s%s\n", calls, children, failures,
                failures ? ":" : "", shown);
}
