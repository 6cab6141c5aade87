/* A side of a comparison: a program to measure, with what may be said of it in a record. No path goes there: the title
 * and the revision do.
 *
 *     TRY(side_base("v1.2", run_folder, &base));    // exported from git and built, or found built
 *     TRY(side_new(run_folder, &new));              // the source tree that the current folder is, built
 *     ... base.program is started by its path ...
 *     side_free(&base);
 */
#ifndef SDBENCH_BENCH_GATE_SIDE_H
#define SDBENCH_BENCH_GATE_SIDE_H

#include "pipeline/base/error.h"

#include <stdbool.h>

struct gate_side {
    char *program;     /* its path, from the root; it answered --version */
    char *title;       /* "v1.2 (abc1234)", "working tree (abc1234, changed)", a folder's name; printable */
    char revision[65]; /* the commit that its source is of, in hexadecimal; "" where that is not known */
    char version[32];  /* that it says: "0.1.0" */
    bool dirty;        /* the source differs from that commit */
};

/* `base` is a folder with a program sdbench (in it, or in its bin), or a source tree, which is built; else a revision
 * of the git repository that the current folder is in, which is exported into its build/gate and built there, once.
 * What a build says goes to a file of `logs`, a folder that exists. */
struct err side_base(const char *base, const char *logs, struct gate_side *out);

/* The source tree that is the current folder, built; this very program where the current folder is none. */
struct err side_new(const char *logs, struct gate_side *out);

void side_free(struct gate_side *s); /* legal after an error, and on a zeroed side */

#endif
