/* A fresh process: this program again, or another build of it, with its reports read line by line. */
#ifndef SDBENCH_BENCH_MEASURE_CHILD_H
#define SDBENCH_BENCH_MEASURE_CHILD_H

#include "bench/progress.h"
#include "bench/usage.h"

#include <cjson/cJSON.h>

enum { CHILD_FD = 3 }; /* where a child writes its reports (bench/generate/report.h) */

/* Who listens: progress is shown, every other report is handed over. */
struct child_listener {
    struct progress *progress;
    void (*report)(void *context, const cJSON *report);
    void *context;
};

struct child {
    const char *program;         /* a path; NULL: this program */
    const char *const *argument; /* argument[0] is the verb; NULL ends them */
    char **environment;          /* "NAME=value" in place of what we have of that name, ended by NULL; NULL: none */
};

/* Runs it until it ends. *begin is taken right before it starts. An error of the child comes back with its code and
 * text; so does a death by a signal. It dies with this process. */
struct err child_run(const struct child *child, const struct child_listener *listener, struct usage *begin);

#endif
