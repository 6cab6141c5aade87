/* A profile for a person: what was measured, where the time is, and the tables asked for; and the same as JSON. */
#ifndef SDBENCH_BENCH_PROFILE_PRINT_H
#define SDBENCH_BENCH_PROFILE_PRINT_H

#include "bench/profile/profile.h"
#include "pipeline/base/text.h"

enum { PROFILE_TOP = 10 /* rows, where nobody says how many */ };

/* `by`: class, layer, kernel, block, step or launch; NULL: class, layer and kernel. An error says which there are. */
struct err profile_by_check(const char *by);

/* Adds lines of at most 120 columns. top: rows of a table; 0: PROFILE_TOP. What is left out is summed up in a row. */
struct err profile_text(const struct profile *p, const char *by, int top, struct text *out);
struct err profile_print(const struct profile *p, const char *by, int top); /* the same on stdout */

/* *out is the caller's. Names are whole, times whole nanoseconds. */
struct err profile_json(const struct profile *p, const char *by, int top, cJSON **out);

/* Parts of profile_text. */
void profile_add_heading(const struct profile *p, struct text *out);
void profile_add_account(const struct profile *p, struct text *out);
void profile_add_counted(const struct profile *p, int top, struct text *out); /* nothing where nothing was counted */
void profile_add_host(const struct profile *p, int top, struct text *out);    /* nothing where nothing is known */
void profile_add_steps(const struct profile *p, int top, struct text *out);
struct err profile_add_groups(const struct profile *p, const char *by, int top, bool closes, struct text *out);

/* What the whole of them spend beside each other, of profile_add_steps. */
double profile_steps_busy_ns(const struct profile *p);

#endif
