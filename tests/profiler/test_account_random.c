/* The account and the rows of random traces, against one that looks at each nanosecond by itself. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/account/account.h"
#include "profiler/rows/rows.h"
#include "tests/profiler/made_trace.h"

TestSuite(account_random);

enum { SPAN = 400, AROUND = 30, TRACES = 1000, RUNS = 6, WORKS = 120 };

/* Works of all kinds inside, outside and across the ends of two repetitions that follow each other. */
static struct trace *random_trace(uint64_t *state)
{
    struct trace *t = trace_new();
    trace_add_plan(t, &(struct traced_plan){.launches = 3, .recorded = {[STAGE_STEP] = 2}});
    for (int i = 0; i < 3; i++)
        trace_add_launch(t, &(struct traced_launch){.plan = 0, .index = i});
    for (int r = 0; r < 2; r++)
        trace_add_repetition(t, &(struct repetition){AROUND + r * SPAN, AROUND + (r + 1) * SPAN});
    for (int i = 0; i < RUNS; i++)
        trace_add_run(t, &(struct traced_run){.step = (int32_t)made_number(state, 3),
                                              .stage = STAGE_STEP,
                                              .repetition = (int32_t)made_number(state, 3) - 1,
                                              .how = made_number(state, 2) ? RUN_REPLAYED : RUN_LAUNCHED});
    const uint32_t works = made_number(state, WORKS), longest = 1 + made_number(state, 60);
    for (uint32_t i = 0; i < works; i++) {
        struct activity a = {.begin_ns = made_number(state, 2 * SPAN + 2 * AROUND),
                             .run = (int32_t)made_number(state, RUNS + 1) - 1,
                             .launch = (int32_t)made_number(state, 4) - 1,
                             .shape = -1,
                             .name = trace_text(t, made_number(state, 2) ? "one" : "other"),
                             .stream = made_number(state, 2),
                             .kind = (uint8_t)made_number(state, ACTIVITY_COUNT)};
        a.end_ns = a.begin_ns + made_number(state, longest); /* at times no later: a bad record */
        a.in_graph = a.run >= 0 && t->run[a.run].how == RUN_REPLAYED;
        trace_add_activity(t, &a);
    }
    trace_sort(t);
    return t;
}

static bool counts(const struct activity *a)
{
    return a->kind <= ACTIVITY_other && a->begin_ns > 0 && a->end_ns > a->begin_ns;
}

/* Whether work of run i lies on both sides of, or at, an instant: which is inside that replay. */
static bool inside_a_replay(const struct trace *t, int32_t r, int64_t ns)
{
    for (int32_t i = 0; i < t->runs; i++) {
        bool before = false, after = false;
        for (int64_t k = 0; k < t->activities; k++) {
            const struct activity *a = &t->activity[k];
            before |= a->run == i && counts(a) && a->begin_ns <= ns;
            after |= a->run == i && counts(a) && a->end_ns > ns;
        }
        if (before && after && t->run[i].how == RUN_REPLAYED && t->run[i].repetition == r)
            return true;
    }
    return false;
}

struct instants {
    int64_t unclassified, unattributed, named, copy, set, idle, gap, works;
};

static void look(const struct trace *t, int32_t r, int64_t ns, struct instants *n)
{
    bool other = false, unknown = false, kernel = false, copy = false, set = false;
    for (int64_t k = 0; k < t->activities; k++) {
        const struct activity *a = &t->activity[k];
        if (!counts(a) || a->begin_ns > ns || a->end_ns <= ns)
            continue;
        const bool foreign = a->run >= 0 && t->run[a->run].repetition != r;
        n->works++;
        other |= a->kind == ACTIVITY_other;
        unknown |= a->kind != ACTIVITY_other && (foreign || (a->kind == ACTIVITY_kernel && a->launch == -1));
        kernel |= a->kind == ACTIVITY_kernel;
        copy |= a->kind == ACTIVITY_copy;
        set |= a->kind == ACTIVITY_set;
    }
    int64_t *part = other     ? &n->unclassified
                    : unknown ? &n->unattributed
                    : kernel  ? &n->named
                    : copy    ? &n->copy
                    : set     ? &n->set
                              : NULL;
    if (!part)
        part = inside_a_replay(t, r, ns) ? &n->idle : &n->gap;
    ++*part;
}

/* Of the work of a repetition that is in no graph: how much of it on one stream ran while other did. */
static int64_t overlap_on_streams(const struct trace *t, int32_t r)
{
    int64_t overlap = 0;
    for (int64_t ns = 0; ns < 2 * SPAN + 4 * AROUND; ns++) {
        int64_t running[2] = {0};
        for (int64_t k = 0; k < t->activities; k++) {
            const struct activity *a = &t->activity[k];
            const struct repetition *first = &t->repetition[0], *own = &t->repetition[r];
            bool by_time = a->begin_ns < own->end_ns && a->end_ns > own->begin_ns;
            by_time &= !r || a->begin_ns >= first->end_ns || a->end_ns <= first->begin_ns; /* not the first's already */
            if (counts(a) && !a->in_graph && (a->run < 0 ? by_time : t->run[a->run].repetition == r))
                running[a->stream] += a->begin_ns <= ns && a->end_ns > ns;
        }
        for (int i = 0; i < 2; i++)
            overlap += running[i] > 1 ? running[i] - 1 : 0;
    }
    return overlap;
}

Test(account_random, is_that_of_its_instants)
{
    uint64_t state = 7;
    for (int i = 0; i < TRACES; i++) {
        struct trace *t = random_trace(&state);
        const int32_t r = i % 2;
        struct instants n = {0};
        struct account a;
        for (int64_t ns = t->repetition[r].begin_ns; ns < t->repetition[r].end_ns; ns++)
            look(t, r, ns, &n);
        cr_assert(!account_make(t, r, &a).code);
        cr_assert_eq(a.named_ns + a.copy_ns + a.set_ns + a.unattributed_ns + a.unclassified_ns + a.idle_in_graph_ns +
                         a.host_gap_ns,
                     a.span_ns);
        cr_assert_eq(a.span_ns, SPAN);
        cr_assert_eq(a.unclassified_ns, n.unclassified, "trace %d", i);
        cr_assert_eq(a.unattributed_ns, n.unattributed, "trace %d", i);
        cr_assert_eq(a.named_ns, n.named, "trace %d", i);
        cr_assert_eq(a.copy_ns, n.copy, "trace %d", i);
        cr_assert_eq(a.set_ns, n.set, "trace %d", i);
        cr_assert_eq(a.idle_in_graph_ns, n.idle, "trace %d", i);
        cr_assert_eq(a.host_gap_ns, n.gap, "trace %d", i);
        cr_assert_eq(a.busy_ns, SPAN - n.idle - n.gap, "trace %d", i);
        cr_assert_eq(a.overlap_ns, n.works - a.busy_ns, "trace %d", i);
        cr_assert_eq(a.stream_overlap_ns, overlap_on_streams(t, r), "trace %d", i);
        trace_free(t);
    }
}

static bool same_row(const struct trace_row *a, const struct trace_row *b)
{
    return a->kind == b->kind && a->launch == b->launch && a->name == b->name && a->shape == b->shape &&
           a->in_graph == b->in_graph;
}

static bool is_in_a_repetition(const struct trace *t, const struct activity *a)
{
    bool by_time = a->begin_ns < AROUND + 2 * SPAN && a->end_ns > AROUND;
    return counts(a) && (a->run < 0 ? by_time : t->run[a->run].repetition >= 0);
}

static int32_t distinct_rows(const struct trace *t)
{
    struct trace_row seen[WORKS];
    int32_t rows = 0;
    for (int64_t k = 0; k < t->activities; k++) {
        const struct activity *a = &t->activity[k];
        const struct trace_row row = {
            .kind = a->kind, .launch = a->launch, .shape = a->shape, .name = a->name, .in_graph = a->in_graph};
        int32_t i = 0;
        while (i < rows && !same_row(&seen[i], &row))
            i++;
        if (i == rows && is_in_a_repetition(t, a))
            seen[rows++] = row;
    }
    return rows;
}

/* Each work of a repetition is one call of one row, and no other work is. */
Test(account_random, rows_hold_the_work_of_repetitions)
{
    uint64_t state = 8;
    for (int i = 0; i < TRACES; i++) {
        struct trace *t = random_trace(&state);
        struct trace_rows rows;
        int64_t total = 0, expected = 0;
        int32_t calls = 0, works = 0;
        cr_assert(!trace_rows_make(t, &rows).code);
        for (int32_t k = 0; k < rows.rows; k++) {
            int64_t row_total = 0;
            for (int32_t c = 0; c < rows.row[k].calls; c++)
                row_total += rows.row[k].time_ns[c];
            cr_assert_eq(row_total, rows.row[k].total_ns);
            cr_assert(!k || row_total <= rows.row[k - 1].total_ns, "longest first");
            for (int32_t other = 0; other < k; other++)
                cr_assert(!same_row(&rows.row[other], &rows.row[k]), "one row in two");
            calls += rows.row[k].calls;
            total += row_total;
        }
        for (int64_t k = 0; k < t->activities; k++) {
            const struct activity *a = &t->activity[k];
            if (is_in_a_repetition(t, a)) {
                works++;
                expected += a->end_ns - a->begin_ns;
            }
        }
        cr_assert_eq(rows.rows, distinct_rows(t), "trace %d", i);
        cr_assert_eq(calls, works, "trace %d", i);
        cr_assert_eq(total, expected, "trace %d", i);
        trace_rows_free(&rows);
        trace_free(t);
    }
}

/* Gaps, busy time and the rest at the end are the span, where all work is the repetition's. */
Test(account_random, gaps_and_busy_time_are_the_span)
{
    uint64_t state = 9;
    for (int i = 0; i < TRACES; i++) {
        struct trace *t = trace_new();
        trace_add_repetition(t, &(struct repetition){1, 1 + SPAN});
        int64_t last = 1, gaps = 0;
        for (uint32_t left = made_number(&state, 30); left; left--) {
            struct activity a = {.begin_ns = 1 + made_number(&state, SPAN - 40),
                                 .run = -1,
                                 .launch = -1,
                                 .shape = (int32_t)made_number(&state, 3)};
            a.end_ns = a.begin_ns + 1 + made_number(&state, 39);
            last = a.end_ns > last ? a.end_ns : last;
            trace_add_activity(t, &a);
        }
        trace_sort(t);
        struct account a;
        struct trace_rows rows;
        cr_assert(!account_make(t, 0, &a).code);
        cr_assert(!trace_rows_make(t, &rows).code);
        for (int32_t k = 0; k < rows.rows; k++)
            for (int32_t c = 0; c < rows.row[k].calls; c++)
                gaps += rows.row[k].gap_ns[c];
        cr_assert_eq(gaps + a.busy_ns + (1 + SPAN - last), SPAN, "trace %d", i);
        trace_rows_free(&rows);
        trace_free(t);
    }
}
