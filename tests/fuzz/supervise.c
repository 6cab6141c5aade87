#include "tests/fuzz/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <omp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xxhash.h>

#include "pipeline/base/file.h"

#ifdef __SANITIZE_ADDRESS__ /* declared by hand: Debian's gcc comes without this header */
size_t __sanitizer_get_current_allocated_bytes(void);
#endif

enum { MEMORY_GIB = 2, EXITED = 99 };

/* Seen by both processes. */
static struct shared {
    struct fuzz_counts counts;
    bool running;
    char claim[200]; /* that does not hold */
    char folder[512];
    size_t size;
    uint8_t input[FUZZ_BYTES];
} *shared;

struct fuzz_counts *fuzz_counts(void)
{
    return &shared->counts;
}

const char *fuzz_folder(void)
{
    return shared->folder;
}

void fuzz_require(bool holds, const char *claim)
{
    if (holds)
        return;
    snprintf(shared->claim, sizeof shared->claim, "%s", claim);
    abort();
}

/* What a run may leave no more of. */
struct held {
    size_t bytes;   /* of memory; only sanitizers know */
    int descriptor; /* the lowest that is free */
};

static struct held held_now(void)
{
    struct held h = {0};
#ifdef __SANITIZE_ADDRESS__
    h.bytes = __sanitizer_get_current_allocated_bytes();
#endif
    h.descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);
    close(h.descriptor);
    return h;
}

static void limit_time(int ms)
{
    const struct itimerval limit = {.it_value = {ms / 1000, ms % 1000 * 1000}};
    setitimer(ITIMER_PROF, &limit, NULL);
}

/* Whether a run on a copy of the input, as long as it, leaves more than there was. */
static bool leaves_more(const struct fuzz_target *t, const uint8_t *data, size_t size, const char **what)
{
    struct held before = held_now();
    uint8_t *copy = malloc(size);
    fuzz_require(copy != NULL, "there is memory for the input");
    if (size)
        memcpy(copy, data, size);
    t->run(copy, size);
    free(copy);
    struct held after = held_now();
    *what = after.bytes > before.bytes ? "all memory is given back" : "all files are closed";
    return after.bytes > before.bytes || after.descriptor != before.descriptor;
}

void fuzz_run(const struct fuzz_target *t, const uint8_t *data, size_t size)
{
    enum { TIMES = 4 }; /* that which is made once and kept is made in the first ones */
    const char *what;
    int times = 1;
    memcpy(shared->input, data, size);
    shared->size = size;
    limit_time(t->limit_ms ? t->limit_ms : FUZZ_LIMIT_MS);
    shared->running = true;
    while (leaves_more(t, data, size, &what))
        fuzz_require(times++ < TIMES, what);
    shared->running = false;
    shared->counts.runs++;
}

/* The program is to report errors, not to exit: not at once, and not in an orderly way that the supervisor takes for
 * the end of its work. */
static void on_exit_of_target(void)
{
    _exit(EXITED);
}

static void limit_memory(void)
{
#ifndef __SANITIZE_ADDRESS__ /* which maps terabytes; it has limits of its own */
    const rlim_t bytes = (rlim_t)MEMORY_GIB << 30;
    const struct rlimit limit = {bytes, bytes};
    setrlimit(RLIMIT_AS, &limit);
#endif
}

static void run_child(const struct fuzz_target *t, fuzz_body *body, void *context)
{
    static const int ordinary[] = {SIGINT, SIGTERM, SIGPROF, SIGPIPE};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (size_t i = 0; i < ARRAY_LEN(ordinary); i++)
        signal(ordinary[i], SIG_DFL);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0});
    limit_memory();
    omp_set_num_threads(1);
    if (!freopen("/dev/null", "w", stdout) || atexit(on_exit_of_target))
        _exit(EXITED);
    body(t, context);
    _exit(0);
}

static volatile pid_t child;

static void pass_on(int number)
{
    kill(child, number);
}

/* Waits, and passes on what is meant to stop both. */
static int wait_for_child(void)
{
    static const int stops[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = pass_on}, before[ARRAY_LEN(stops)];
    int status = 0;
    for (size_t i = 0; i < ARRAY_LEN(stops); i++)
        sigaction(stops[i], &action, &before[i]);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    for (size_t i = 0; i < ARRAY_LEN(stops); i++)
        sigaction(stops[i], &before[i], NULL);
    return status;
}

static struct err save_input(const struct fuzz_target *t, struct fuzz_finding *out)
{
    char folder[512];
    struct file_writer w;
    const char *source = getenv("SDBENCH_SOURCE");
    snprintf(folder, sizeof folder, "%s/build/findings", source && *source ? source : ".");
    TRY(file_make_folder(folder));
    snprintf(out->path, sizeof out->path, "%s/%s-%016llx", folder, t->name,
             (unsigned long long)XXH3_64bits(shared->input, shared->size));
    TRY(file_create(out->path, &w));
    TRY(file_write(&w, shared->input, shared->size));
    return file_commit(&w);
}

/* How it ended, in words; "" where it came to the end of its work. */
static void describe(const struct fuzz_target *t, int status, char *out, size_t size)
{
    *out = 0;
    if (*shared->claim)
        snprintf(out, size, "does not hold: %s", shared->claim);
    else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF)
        snprintf(out, size, "took more than %d ms of CPU time", t->limit_ms ? t->limit_ms : FUZZ_LIMIT_MS);
    else if (WIFSIGNALED(status))
        snprintf(out, size, "ended by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status) == EXITED)
        snprintf(out, size, "ended the process, where an error was due");
    else if (WEXITSTATUS(status))
        snprintf(out, size, "ended by a sanitizer (its report is above), exit code %d", WEXITSTATUS(status));
}

static struct err judge(const struct fuzz_target *t, int status, struct fuzz_finding *out)
{
    char how[300];
    bool stopped = WIFSIGNALED(status) &&
                   (WTERMSIG(status) == SIGINT || WTERMSIG(status) == SIGTERM || WTERMSIG(status) == SIGHUP);
    if (stopped)
        return err_make(ERR_CANCELLED, "target %s: interrupted", t->name);
    describe(t, status, how, sizeof how);
    if (!*how)
        return OK;
    if (!shared->running)
        return err_fail("target %s: %s, with no input", t->name, how);
    struct err e = save_input(t, out);
    return err_first(
        e, err_make(ERR_MISMATCH, "target %s: %s; its input of %zu bytes: %s", t->name, how, shared->size, out->path));
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
    (void)st, (void)flag, (void)at;
    return remove(path);
}

struct err fuzz_supervise(const struct fuzz_target *t, fuzz_body *body, void *context, struct fuzz_finding *out)
{
    const char *above = getenv("TMPDIR");
    *out = (struct fuzz_finding){0};
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return err_fail("target %s: out of memory", t->name);
    snprintf(shared->folder, sizeof shared->folder, "%s/sdbench-fuzz-XXXXXX", above && *above ? above : "/tmp");
    struct err e = mkdtemp(shared->folder) ? OK : err_fail("%s: %s", shared->folder, strerror(errno));
    fflush(NULL);
    child = e.code ? -1 : fork();
    if (!child)
        run_child(t, body, context);
    if (child > 0)
        e = judge(t, wait_for_child(), out);
    else if (!e.code)
        e = err_fail("target %s: no process can be started: %s", t->name, strerror(errno));
    out->counts = shared->counts;
    nftw(shared->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    munmap(shared, sizeof *shared);
    return e;
}
