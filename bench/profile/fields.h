/* Fields of a record that may come from anywhere: of another type than they should be, of any size, with any bytes.
 *
 *     struct fields f = {record};
 *     fields_text(&f, "op", &op);
 *     fields_number(&f, "bytes", 0, MOST_BYTES, &bytes);
 *     if (f.damaged) ...
 *
 * A field that is absent leaves its value as it was, but for texts, which become "". One that is there and cannot be
 * believed sets `damaged`. Whatever was read is the caller's to free, also then. */
#ifndef SDBENCH_BENCH_PROFILE_FIELDS_H
#define SDBENCH_BENCH_PROFILE_FIELDS_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* No time is longer: three decades. */
#define MOST_NS 1e18

struct fields {
    const cJSON *record;
    bool damaged, no_memory;
};

/* malloc'ed, as clean_text has it; NULL only without memory. */
void fields_text(struct fields *f, const char *name, char **out);

/* A list of them; *out is NULL where there is none. */
void fields_texts(struct fields *f, const char *name, char ***out, int *n);

/* low <= value <= high, and finite. */
void fields_number(struct fields *f, const char *name, double low, double high, double *out);

/* A whole number from 0 on, as far as the type goes. */
void fields_count(struct fields *f, const char *name, unsigned *out);
void fields_three(struct fields *f, const char *name, unsigned out[3]);
void fields_flag(struct fields *f, const char *name, bool *out);

/* A list of times, each 0 to MOST_NS; *out is NULL where there is none. */
void fields_times(struct fields *f, const char *name, double **out, int *n);

/* A copy for a terminal and for columns: each character of it is as wide as one, and none steers. All others (control
 * characters, what is no UTF-8, wide and combining characters) become '?'. NULL without memory. */
char *clean_text(const char *text);

#endif
