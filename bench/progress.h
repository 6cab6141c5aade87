/* How a long computation gets on, and the wish to end it. A line on stderr where that is a terminal: bar, ms a step,
 * time left. Ctrl-C makes the next report return false, which cancels; a second one ends the program at once. */
#ifndef SDBENCH_BENCH_PROGRESS_H
#define SDBENCH_BENCH_PROGRESS_H

#include "pipeline/engine.h"
#include "pipeline/stable_diffusion.h"

struct progress {
    const char *label; /* shown in front; may be changed between reports */
    bool shown;        /* stderr is a terminal and nobody asked for quiet */
    int fd;            /* reports go here as JSON lines for a parent process, unless it is 0 */
    char what[32];     /* being done */
    int64_t begin_ns, first_ns, reported_ns, last_ns; /* of `what`: begin, first and last report, last one passed on */
    uint64_t first_done, done;
    bool line_open;
};

/* Also starts to listen for SIGINT and SIGTERM. */
void progress_open(struct progress *p, bool quiet, int fd);

/* To hand over to sd_open and sd_generate. */
struct sd_progress progress_hooks(struct progress *p);

/* False once the user has interrupted. context is a struct progress. */
bool progress_report(void *context, const char *what, uint64_t done, uint64_t total);

/* Takes the line away, so that something else can be printed. */
void progress_clear(struct progress *p);

bool progress_interrupted(void);

#endif
