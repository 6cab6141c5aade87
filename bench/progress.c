#include "bench/progress.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pipeline/base/clock.h"

enum { BAR = 24, PAUSE_NS = 100000000 };

static volatile sig_atomic_t interrupted;

static void on_signal(int signal)
{
    (void)signal;
    interrupted = 1;
}

bool progress_interrupted(void)
{
    return interrupted;
}

void progress_open(struct progress *p, bool quiet, int fd)
{
    /* No SA_RESTART: a wait for a lock or for a child has to notice. */
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    *p = (struct progress){.shown = !quiet && isatty(STDERR_FILENO), .fd = fd, .begin_ns = clock_now_ns()};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

struct sd_progress progress_hooks(struct progress *p)
{
    return (struct sd_progress){.report = progress_report, .context = p, .ahead = !p->shown};
}

/* What is counted one by one, and long enough to say how long one takes. All else is shown as a share. */
static const struct {
    const char *what, *unit;
} counted[] = {{"step", "step"}, {"decode", "image"}};

static const char *unit_of(const char *what)
{
    for (size_t i = 0; i < ARRAY_LEN(counted); i++)
        if (!strcmp(counted[i].what, what))
            return counted[i].unit;
    return NULL;
}

/* Nanoseconds that one unit of work takes: from the first report on, as what lies before it may be something else. */
static double pace(const struct progress *p, uint64_t done, int64_t now)
{
    if (done > p->first_done)
        return (double)(now - p->first_ns) / (double)(done - p->first_done);
    return done ? (double)(now - p->begin_ns) / (double)done : 0;
}

static void show(struct progress *p, const char *what, uint64_t done, uint64_t total, int64_t now)
{
    char bar[BAR + 1] = "";
    const char *unit = unit_of(what);
    double one_ns = pace(p, done, now), left_s = one_ns * (double)(total - done) * 1e-9;
    size_t full = total ? (size_t)((double)BAR * (double)done / (double)total) : 0;
    memset(bar, '.', BAR);
    memset(bar, '#', full < BAR ? full : BAR);
    fprintf(stderr, "\r%s%s%s ", p->label ? p->label : "", p->label ? ": " : "", what);
    if (unit)
        fprintf(stderr, "%" PRIu64 "/%" PRIu64 " [%s] %.0f ms/%s", done, total, bar, one_ns * 1e-6, unit);
    else
        fprintf(stderr, "[%s] %.0f%%", bar, total ? 100 * (double)done / (double)total : 100);
    if (unit || done > p->first_done) /* a first share tells nothing of the pace */
        fprintf(stderr, left_s < 90 ? ", %.0f s left" : ", %.0f min left", left_s < 90 ? left_s : left_s / 60);
    fputs("\033[K", stderr);
    fflush(stderr);
    p->line_open = true;
}

bool progress_report(void *context, const char *what, uint64_t done, uint64_t total)
{
    struct progress *p = context;
    int64_t now = clock_now_ns();
    bool fresh = strcmp(p->what, what) || done < p->done; /* or the same once more */
    if (!p->shown && !p->fd)
        return !interrupted;
    if (fresh) {
        if (*p->what)
            p->begin_ns = p->reported_ns;
        snprintf(p->what, sizeof p->what, "%s", what);
        p->first_ns = now;
        p->first_done = done;
    }
    p->done = done;
    p->reported_ns = now;
    bool last = done >= total;
    if ((p->fd || !(fresh || last)) && now - p->last_ns < PAUSE_NS) /* a write is much for a short run that is timed */
        return !interrupted;
    p->last_ns = now;
    done = done < total ? done : total;
    if (p->shown)
        show(p, what, done, total, now);
    if (p->fd)
        dprintf(p->fd, "{\"progress\": \"%s\", \"done\": %" PRIu64 ", \"total\": %" PRIu64 "}\n", what, done, total);
    return !interrupted;
}

void progress_clear(struct progress *p)
{
    if (p->line_open)
        fputs("\r\033[K", stderr);
    p->line_open = false;
}
