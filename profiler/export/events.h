/* Events of the Trace Event Format, one a line. Times are microseconds with three decimals, from `base_ns` on, so that
 * no reader rounds a nanosecond. */
#ifndef SDBENCH_PROFILER_EXPORT_EVENTS_H
#define SDBENCH_PROFILER_EXPORT_EVENTS_H

#include "profiler/export/gzip_file.h"
#include "profiler/export/tracks.h"

#include <stddef.h>

struct events {
    struct gzip_file *file;
    int64_t base_ns;
    uint64_t count, arrows;
};

struct event_slice {
    const struct track *track;
    const char *category, *name; /* name: JSON, with its quotes */
    int64_t begin_ns, end_ns;
    const char *args; /* a JSON object; NULL: none */
};

void events_slice(struct events *e, const struct event_slice *s);

/* An arrow from the slice that lasts at `from_ns` on track `from` to the one that lasts at `to_ns`. */
void events_arrow(struct events *e, int from, int64_t from_ns, const struct track *to, int64_t to_ns);

/* `series` is the unit. */
void events_counter(struct events *e, const char *name, const char *series, int64_t t_ns, double value);

/* A process's name, and its place among them. */
void events_process(struct events *e, int process, const char *name);
void events_track(struct events *e, const struct track *t);

/* A text as JSON, with its quotes; malloc'ed, NULL without memory. Bytes that are no UTF-8 become '?'. */
char *events_quote(const char *text, size_t length);

#endif
