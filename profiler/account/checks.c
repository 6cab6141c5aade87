#include <stdio.h>

#include "profiler/account/account.h"

/* What each check gives back: whether it holds, with the reason where it does not. */
#define HOLDS(condition, ...) ((condition) || (snprintf(reason, ACCOUNT_REASON, __VA_ARGS__), false))

static bool has_span(const struct trace *t, const struct account *a, char reason[ACCOUNT_REASON])
{
    (void)t;
    return HOLDS(a->span_ns > 0, "the repetition has no duration: it ends when it begins, or before");
}

static bool none_dropped(const struct trace *t, const struct account *a, char reason[ACCOUNT_REASON])
{
    (void)a;
    return HOLDS(!t->dropped, "%ju records were dropped: trace fewer repetitions or steps", (uintmax_t)t->dropped);
}

static bool times_are_good(const struct trace *t, const struct account *a, char reason[ACCOUNT_REASON])
{
    const uint64_t bad = t->bad_times > a->bad_times ? t->bad_times : a->bad_times; /* a source may have kept them */
    return HOLDS(!bad, "%ju works have times that are zero or inverted", (uintmax_t)bad);
}

static bool records_are_good(const struct trace *t, const struct account *a, char reason[ACCOUNT_REASON])
{
    (void)a;
    return HOLDS(!t->bad_records, "%ju records could not be read: cut off, or of an unknown size",
                 (uintmax_t)t->bad_records);
}

static bool labels_agree(const struct trace *t, const struct account *a, char reason[ACCOUNT_REASON])
{
    (void)a;
    return HOLDS(!t->label_conflicts, "%ju graph nodes have one launch by capture order and another by callbacks",
                 (uintmax_t)t->label_conflicts);
}

static bool works(const struct trace *t, const struct account *a, char reason[ACCOUNT_REASON])
{
    (void)t;
    return HOLDS(a->busy_ns > 0, "no work on the device was seen");
}

static bool lies_inside(const struct trace *t, const struct account *a, char reason[ACCOUNT_REASON])
{
    (void)t;
    return HOLDS(!a->outside, "%ju works lie over %d ms outside the span of their repetition", (uintmax_t)a->outside,
                 ACCOUNT_OUTSIDE_NS / 1000000);
}

static bool is_little(int64_t part_ns, int64_t busy_ns)
{
    return part_ns * 100 <= busy_ns * ACCOUNT_UNKNOWN_PERCENT;
}

static double percent(int64_t part, int64_t whole)
{
    return 100.0 * (double)part / (double)whole;
}

static bool is_attributed(const struct trace *t, const struct account *a, char reason[ACCOUNT_REASON])
{
    (void)t;
    return HOLDS(is_little(a->unattributed_ns, a->busy_ns),
                 "%.2f %% of the busy time is of no known launch, at most %d %% may be",
                 percent(a->unattributed_ns, a->busy_ns), ACCOUNT_UNKNOWN_PERCENT);
}

static bool is_classified(const struct trace *t, const struct account *a, char reason[ACCOUNT_REASON])
{
    (void)t;
    return HOLDS(is_little(a->unclassified_ns, a->busy_ns),
                 "%.2f %% of the busy time is work of unknown kinds, at most %d %% may be",
                 percent(a->unclassified_ns, a->busy_ns), ACCOUNT_UNKNOWN_PERCENT);
}

static bool streams_do_not_overlap(const struct trace *t, const struct account *a, char reason[ACCOUNT_REASON])
{
    (void)t;
    return HOLDS(!a->stream_overlap_ns,
                 "%jd ns of work overlap on one stream, outside recordings: the times cannot be right",
                 (intmax_t)a->stream_overlap_ns);
}

static bool nodes_are_known(const struct trace *t, const struct account *a, char reason[ACCOUNT_REASON])
{
    (void)t;
    return HOLDS(!a->unknown_replays, "%ju replayed runs have recordings whose nodes were not counted",
                 (uintmax_t)a->unknown_replays);
}

static bool replays_are_whole(const struct trace *t, const struct account *a, char reason[ACCOUNT_REASON])
{
    const struct traced_run *run = a->wrong_run < 0 ? NULL : &t->run[a->wrong_run];
    const struct traced_plan *p = run ? &t->plan[run->plan] : NULL;
    return HOLDS(!run, "a replay of %.80s, stage %s, step %d, had %ju works, its recording has %ju nodes",
                 t->text[p->name], stage_names[run->stage], run->step, (uintmax_t)a->wrong_kernels,
                 (uintmax_t)p->recorded[run->stage]);
}

static bool repeats(const struct trace *t, const struct account *a, char reason[ACCOUNT_REASON])
{
    (void)t;
    return HOLDS(!a->different, "%s", a->difference);
}

/* Those that make the others' figures meaningless come first. */
const struct account_check account_checks[] = {
    {"span", "the repetition ends after it begins", has_span},
    {"dropped", "no record was lost", none_dropped},
    {"records", "every record could be read", records_are_good},
    {"times", "no work has zero or inverted times", times_are_good},
    {"labels", "capture order and callbacks give each graph node the same launch", labels_agree},
    {"work", "the device did something", works},
    {"inside", "work lies in the span of its repetition, to 1 ms", lies_inside},
    {"unattributed", "at most 1 % of the busy time is of no known launch", is_attributed},
    {"unclassified", "at most 1 % of the busy time is work of unknown kinds", is_classified},
    {"streams", "on one stream, outside recordings, no work overlaps", streams_do_not_overlap},
    {"recorded", "the nodes of every recording that is replayed are known", nodes_are_known},
    {"nodes", "every replay has exactly the work that its recording has nodes", replays_are_whole},
    {"repeats", "every repetition ran what the first one ran: launches, kernels, shapes", repeats},
    {NULL, NULL, NULL},
};
