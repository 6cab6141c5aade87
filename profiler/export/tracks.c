#include "profiler/export/tracks.h"

#include <stddef.h>

// clang-format off
const struct track_row track_rows[TRACK_COUNT] = {
    [TRACK_LAYERS] = {"layers",                PROCESS_DEVICE, false, true },
    [TRACK_STREAM] = {"stream",                PROCESS_DEVICE, true,  false},
    [TRACK_GRAPH]  = {"replays on stream",     PROCESS_DEVICE, true,  false},
    [TRACK_RUNS]   = {"plans, until enqueued", PROCESS_HOST,   false, true },
    [TRACK_THREAD] = {"thread",                PROCESS_HOST,   true,  true },
};
// clang-format on

/* Whether a slice lies beside or inside all that is open on a track; then it is open too. */
static bool place(struct track *t, int64_t begin_ns, int64_t end_ns)
{
    int open = t->open;
    while (open && t->open_end[open - 1] <= begin_ns)
        open--;
    const bool fits = !open || (track_rows[t->kind].nests && open < MAX_NESTING && end_ns <= t->open_end[open - 1]);
    if (fits) {
        t->open_end[open] = end_ns;
        t->open = open + 1;
    }
    return fits;
}

struct track *tracks_place(struct tracks *t, enum track_kind kind, uint32_t number, int64_t begin_ns, int64_t end_ns,
                           bool *is_new)
{
    int lanes = 0;
    *is_new = false;
    for (int i = 0; i < t->count; i++) {
        struct track *at = &t->track[i];
        if (at->kind != kind || at->number != number)
            continue;
        if (place(at, begin_ns, end_ns))
            return at;
        lanes++;
    }
    if (t->count == MAX_TRACKS)
        return NULL;
    struct track *made = &t->track[t->count];
    *made = (struct track){.kind = kind, .number = number, .lane = lanes, .id = FIRST_TRACK + t->count++};
    *is_new = place(made, begin_ns, end_ns);
    return made;
}
