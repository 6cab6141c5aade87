/* Reads the records of a run, one after the other, whatever ended it: what cannot be read is counted and said, and
 * memory stays bounded by the longest line.
 *
 *     struct records_summary summary;
 *     TRY(records_read(folder, (struct records_visitor){&rows, add_row}, &summary));
 *     records_missing_text(&summary, &warning); */
#ifndef SDBENCH_BENCH_RECORD_READ_H
#define SDBENCH_BENCH_RECORD_READ_H

#include "pipeline/base/error.h"
#include "pipeline/base/text.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

/* Is given each record, which lives until it returns. An error ends the reading, and is its result. `record` may be
 * NULL. */
struct records_visitor {
    void *context;
    struct err (*record)(void *context, const cJSON *record);
};

/* A file of one run. Of several runs, one behind the other, counts are those of all, and the end is the last one's. */
struct records_summary {
    int64_t lines, records, samples; /* records: those that the visitor was given; samples: of these */
    int64_t planned_samples;         /* by the environment, exactly; below 0 where it does not say */
    int64_t bad_lines;               /* no record, or none that can be believed */
    int64_t first_bad_line;          /* its number, from 1 */
    char first_bad_reason[128];
    int64_t newer_lines; /* of a schema that is not known here, which the visitor was not given */
    int newest_schema;   /* of all lines; 0 where there is none */
    bool is_cut_off;     /* the last line has no end, and is no record */
    bool has_environment, has_end;
    char status[16],
        reason[128];       /* the end's: "complete", "cancelled" or "failed", and why; "" where it does not say */
    int64_t ended_samples; /* that were written, by the end's count; below 0 where it does not say */
};

/* `path` is a run's folder or its records.jsonl. An error is a file that cannot be read, or the visitor's: never what
 * stands in the file. */
struct err records_read(const char *path, struct records_visitor visitor, struct records_summary *out);

/* Adds what is missing, as one line for a person without its end: "cut off: 12 of 20 samples are there, no end record".
 * Nothing where all is there, as far as the file's schema can tell. */
void records_missing_text(const struct records_summary *s, struct text *out);

#endif
