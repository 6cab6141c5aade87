/* Reads what profiler/export writes, as a viewer does, and judges it by the rules of Perfetto's importer: an event that
 * it would drop, or a name that it would not show, is a mistake. */
#ifndef SDBENCH_TESTS_SUPPORT_EVENT_FILE_H
#define SDBENCH_TESTS_SUPPORT_EVENT_FILE_H

#include <cjson/cJSON.h>
#include <stdint.h>

struct file_event {
    int64_t t_ns, duration_ns; /* duration 0: none */
    uint64_t id;               /* of an arrow */
    int pid, tid, depth;       /* depth: of a slice among those of its track; outermost 0 */
    char phase;
    char name[64], inside[64]; /* inside: the slice that it lies in; of an arrow the slice that it is bound to */
};

struct event_file {
    struct file_event *event; /* without metadata, as a viewer sorts them */
    int events;
    int slices, arrows, counters, tracks, deepest;
    char mistake[512]; /* the first; "" */
};

/* Line by line: the file has one event a line. A file that cannot be read ends the test. */
struct event_file event_file_read(const char *path);
void event_file_free(struct event_file *f);

/* The whole file as JSON: for small ones. */
cJSON *event_file_json(const char *path);

#endif
