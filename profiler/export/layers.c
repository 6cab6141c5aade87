#include "profiler/export/layers.h"

#include <string.h>

const char *layer_group_end(const char *at)
{
    while (*at && *at != '/' && (*at != '.' || (at[1] >= '0' && at[1] <= '9')))
        at++;
    return at;
}

/* The model path of a piece of work; "" where its launch is not known. */
static const char *path_of(const struct trace *t, const struct activity *a)
{
    const struct traced_launch *l = a->launch < 0 ? NULL : &t->launch[a->launch];
    return l && l->paths ? t->text[l->path[0]] : "";
}

/* The groups of a path, at most MAX_LEVELS - 1 (the first level is the run). */
static int split(const char *path, const char *begin[], size_t length[])
{
    int n = 0;
    while (*path) {
        const char *end = n == MAX_LEVELS - 2 ? path + strlen(path) : layer_group_end(path);
        if (end > path) {
            begin[n] = path;
            length[n++] = (size_t)(end - path);
        }
        path = *end ? end + 1 : end;
    }
    return n;
}

/* How many levels two pieces of work have in common: none where their runs differ, else the run and equal groups. */
static int shared_levels(const struct trace *t, const struct activity *a, const struct activity *b)
{
    if (a->run != b->run || a->run < 0)
        return 0;
    const char *begin_a[MAX_LEVELS], *begin_b[MAX_LEVELS];
    size_t length_a[MAX_LEVELS], length_b[MAX_LEVELS];
    if (a->launch == b->launch)
        return MAX_LEVELS;
    int n = split(path_of(t, a), begin_a, length_a), m = split(path_of(t, b), begin_b, length_b), same = 0;
    while (same < n && same < m && length_a[same] == length_b[same] &&
           !memcmp(begin_a[same], begin_b[same], length_a[same]))
        same++;
    return 1 + same;
}

/* The end of each of the levels of work i: the last of the work after it that has that level too. */
static void find_ends(const struct layers *l, int64_t i, int levels, int first, int64_t end_ns[])
{
    const struct trace *t = l->selection->trace;
    int shared = levels;
    for (int k = first; k < levels; k++)
        end_ns[k] = t->activity[i].end_ns;
    for (int64_t j = i; shared > first && (j = selection_next_work(l->selection, j)) >= 0;) {
        const int now = shared_levels(t, &t->activity[i], &t->activity[j]);
        shared = now < shared ? now : shared;
        for (int k = first; k < shared; k++)
            if (t->activity[j].end_ns > end_ns[k])
                end_ns[k] = t->activity[j].end_ns;
    }
}

int layers_open(struct layers *l, int64_t i, struct layer_slice slice[MAX_LEVELS])
{
    const struct trace *t = l->selection->trace;
    const struct activity *a = &t->activity[i];
    const char *begin[MAX_LEVELS];
    size_t length[MAX_LEVELS];
    const int levels = a->run < 0 ? 0 : 1 + split(path_of(t, a), begin, length);
    const int open = l->before < 0 ? 0 : shared_levels(t, &t->activity[l->before], a);
    int64_t end_ns[MAX_LEVELS];
    int slices = 0;
    l->before = i;
    if (open < levels)
        find_ends(l, i, levels, open, end_ns);
    for (int k = open; k < levels; k++) {
        int64_t from = a->begin_ns;
        if (l->level[k].end_ns > from)
            from = l->level[k].end_ns;
        if (k && l->level[k - 1].begin_ns > from)
            from = l->level[k - 1].begin_ns;
        l->level[k].left_out = from >= end_ns[k] || (k && l->level[k - 1].left_out);
        if (l->level[k].left_out)
            continue;
        l->level[k].begin_ns = from;
        l->level[k].end_ns = end_ns[k];
        slice[slices++] = (struct layer_slice){from, end_ns[k], a->run, k ? begin[k - 1] : NULL, k ? length[k - 1] : 0};
    }
    return slices;
}
