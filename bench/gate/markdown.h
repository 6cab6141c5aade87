/* The result of a gate as Markdown, for a pull request or a job's summary. Whatever stands in a string comes from
 * outside (branches, devices, reasons): it is escaped and can neither break a table nor become a link, a mention or
 * HTML. */
#ifndef SDBENCH_BENCH_GATE_MARKDOWN_H
#define SDBENCH_BENCH_GATE_MARKDOWN_H

#include "pipeline/base/text.h"

/* Strings may be NULL: then they are shown as "-". Times in ns; shares are relative, 0.01 is 1 %. What is not finite is
 * shown as "-" as well: NAN stands for "not known". */
struct gate_check {
    const char *name, *value, *limit; /* "control", "0.3 %", "at most 1.0 %" */
    bool holds;
};

struct gate_row {
    const char *variant, *row; /* "fused-mixed", "warm" */
    double base_ns, new_ns;    /* medians */
    double change, low, high;  /* of new against base, with its interval */
    double floor, control;     /* what counts as no change; A against A */
    int rounds;
    const char *verdict, *reason; /* "SLOWER"; NULL where it needs none */
};

struct gate_counter {
    const char *variant, *field, *before, *after;
};

/* Another implementation was chosen: not compared bit by bit. */
struct gate_replaced {
    const char *variant, *before, *after; /* choice hashes */
};

struct gate_report {
    int code;               /* exit code: 0, 1, 2, 3, 77 */
    const char *reason;     /* one line on why, where it is not 0; may be NULL */
    const char *base, *new; /* titles of the sides */
    const char *workload, *backend;
    const struct gate_check *check;
    const struct gate_row *row;
    const struct gate_counter *counter; /* those that changed */
    const struct gate_replaced *replaced;
    int checks, rows, counters, replacements;
    const char *command;        /* to repeat it */
    const char *environment[2]; /* a line each: machine; software */
};

void gate_markdown(const struct gate_report *r, struct text *out);

/* A text as a cell of a table, or in a line: at most 300 characters, then "...". */
void markdown_text(struct text *out, const char *text);

#endif
