/* Which track an activity is drawn on. A track is a "thread" of the format, and slices on one must nest or not touch:
 * what would cut another in two goes to a further track of the same name. */
#ifndef SDBENCH_PROFILER_EXPORT_TRACKS_H
#define SDBENCH_PROFILER_EXPORT_TRACKS_H

#include <stdbool.h>
#include <stdint.h>

enum track_kind {
    TRACK_LAYERS,
    TRACK_STREAM, /* what was launched one by one */
    TRACK_GRAPH,  /* what was replayed on a stream */
    TRACK_RUNS,   /* of plans, as the host enqueues them */
    TRACK_THREAD, /* of the host: calls and waits */
    TRACK_COUNT
};
struct track_row {
    const char *title;
    int process;   /* of the format: PROCESS_DEVICE or PROCESS_HOST */
    bool numbered; /* the number of the stream or thread follows the title */
    bool nests;    /* slices may lie in slices; else they come one after another */
};
extern const struct track_row track_rows[TRACK_COUNT];

enum { PROCESS_DEVICE = 1, PROCESS_HOST = 2 };
enum { MAX_TRACKS = 256, MAX_NESTING = 32, FIRST_TRACK = 101 };

struct track {
    enum track_kind kind;
    uint32_t number;               /* of its stream or thread */
    int lane;                      /* which of those with this kind and number, from 0 */
    int id;                        /* "tid": FIRST_TRACK + its index */
    uint64_t correlation;          /* of the last replay that an arrow points to */
    int open;                      /* slices that may last yet */
    int64_t open_end[MAX_NESTING]; /* their ends */
};

struct tracks {
    struct track track[MAX_TRACKS];
    int count;
};

/* The track where a slice fits, and lies from now on; *is_new where nothing was on it before. NULL: there are too many.
 * Slices come in the order of their beginnings. */
struct track *tracks_place(struct tracks *t, enum track_kind kind, uint32_t number, int64_t begin_ns, int64_t end_ns,
                           bool *is_new);

#endif
