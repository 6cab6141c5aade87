#include <stdlib.h>

#include "profiler/account/parts.h"
#include "profiler/trace/work.h"

/* What covers an instant, in the order in which they are asked. */
enum cover { UNCLASSIFIED, UNATTRIBUTED, NAMED, COPY, SET, IN_GRAPH, COVERS, WORK = IN_GRAPH };

/* Where something begins (+1) or ends (-1) to cover. */
struct edge {
    int64_t ns;
    int32_t step;
    enum cover cover;
};

struct sweep {
    const struct repetition *span;
    struct edge *edge;
    size_t edges;
    int64_t work_ns; /* sum of durations of work, inside the span */
};

struct extent {
    int64_t begin_ns, end_ns; /* both 0: nothing yet */
};

static enum cover cover_of(const struct trace *t, int32_t r, const struct activity *a)
{
    static const enum cover of_kind[ACTIVITY_COUNT] = {
        [ACTIVITY_kernel] = NAMED, [ACTIVITY_copy] = COPY, [ACTIVITY_set] = SET, [ACTIVITY_other] = UNCLASSIFIED};
    if (a->kind == ACTIVITY_other)
        return UNCLASSIFIED;
    bool of_others = a->run >= 0 && t->run[a->run].repetition != r;
    return of_others || (a->kind == ACTIVITY_kernel && a->launch < 0) ? UNATTRIBUTED : of_kind[a->kind];
}

/* The part of it that is inside the span. */
static void add(struct sweep *s, int64_t begin_ns, int64_t end_ns, enum cover cover)
{
    int64_t begin = begin_ns > s->span->begin_ns ? begin_ns : s->span->begin_ns;
    int64_t end = end_ns < s->span->end_ns ? end_ns : s->span->end_ns;
    if (end <= begin)
        return;
    s->edge[s->edges++] = (struct edge){begin, 1, cover};
    s->edge[s->edges++] = (struct edge){end, -1, cover};
    s->work_ns += cover < WORK ? end - begin : 0;
}

static bool is_replay(const struct trace *t, int32_t r, int32_t run)
{
    return run >= 0 && t->run[run].repetition == r && t->run[run].how == RUN_REPLAYED;
}

/* `replay` has an extent, zeroed, for each run of the trace. */
static void gather(const struct trace *t, int32_t r, struct sweep *s, struct extent *replay)
{
    for (int64_t i = 0; i < t->activities; i++) {
        const struct activity *a = &t->activity[i];
        if (!work_is(a))
            continue;
        add(s, a->begin_ns, a->end_ns, cover_of(t, r, a));
        if (!is_replay(t, r, a->run))
            continue;
        struct extent *e = &replay[a->run];
        e->begin_ns = e->begin_ns && e->begin_ns < a->begin_ns ? e->begin_ns : a->begin_ns;
        e->end_ns = e->end_ns > a->end_ns ? e->end_ns : a->end_ns;
    }
    for (int32_t i = 0; i < t->runs; i++)
        if (replay[i].end_ns)
            add(s, replay[i].begin_ns, replay[i].end_ns, IN_GRAPH);
}

static int by_time(const void *a, const void *b)
{
    int64_t x = ((const struct edge *)a)->ns, y = ((const struct edge *)b)->ns;
    return (x > y) - (x < y);
}

/* Walks the span from edge to edge. Edges of one instant may come in any order: nothing lies between them. */
static void walk(struct sweep *s, int64_t part_ns[COVERS + 1])
{
    int64_t depth[COVERS] = {0}, at = s->span->begin_ns;
    qsort(s->edge, s->edges, sizeof *s->edge, by_time);
    for (size_t i = 0; i <= s->edges; i++) {
        const int64_t next = i < s->edges ? s->edge[i].ns : s->span->end_ns;
        int cover = 0;
        while (cover < COVERS && depth[cover] == 0)
            cover++;
        part_ns[cover] += next - at;
        at = next;
        if (i < s->edges)
            depth[s->edge[i].cover] += s->edge[i].step;
    }
}

struct err account_sweep(const struct trace *t, int32_t r, struct account *out)
{
    const struct repetition *span = &t->repetition[r];
    if (span->end_ns <= span->begin_ns)
        return OK; /* all zero, and a check says so */
    int64_t part_ns[COVERS + 1] = {0};
    struct sweep s = {.span = span};
    struct extent *replay = calloc((size_t)t->runs + 1, sizeof *replay);
    s.edge = malloc((2 * ((size_t)t->activities + (size_t)t->runs) + 1) * sizeof *s.edge);
    if (replay && s.edge) {
        gather(t, r, &s, replay);
        walk(&s, part_ns);
    }
    struct err e = replay && s.edge ? OK : err_fail("out of memory for an account");
    free(replay);
    free(s.edge);
    out->span_ns = span->end_ns - span->begin_ns;
    out->named_ns = part_ns[NAMED];
    out->copy_ns = part_ns[COPY];
    out->set_ns = part_ns[SET];
    out->unattributed_ns = part_ns[UNATTRIBUTED];
    out->unclassified_ns = part_ns[UNCLASSIFIED];
    out->idle_in_graph_ns = part_ns[IN_GRAPH];
    out->host_gap_ns = part_ns[COVERS];
    out->busy_ns = out->span_ns - out->idle_in_graph_ns - out->host_gap_ns;
    out->overlap_ns = s.work_ns - out->busy_ns;
    return e;
}
