#include "pipeline/runtime/cuda/choice/tune.h"

#include <stddef.h>

/* A pass runs each of the two for about PASS_NS, at most RUNS times. One run that takes SLOW times the first one's is
 * no candidate any more: noise between neighbouring runs is far below that. */
enum { PASS_NS = 2000000, RUNS = 20 };
#define SLOW 1.5

struct tuning {
    const struct tune_job *job;
    struct tune_result *out;
    int first;         /* -1: none ran yet */
    double score;      /* of the chosen one: its share of the first one's time, in the worse pass */
    int compiled;      /* how many of those were tried */
    struct err reason; /* why candidate 0 does not run */
};

/* Of one run; at least 1, so that it can be divided by. */
static struct err time_one(const struct tuning *t, int candidate, int runs, double *ns)
{
    int64_t all = 0;
    TRY(t->job->time(t->job->context, candidate, runs, &all));
    *ns = all > runs ? (double)all / runs : 1;
    return OK;
}

static bool is_late(const struct tuning *t)
{
    return t->job->now && t->job->now(t->job->context) >= t->job->deadline;
}

static bool is_skipped(struct tuning *t, int candidate)
{
    bool compiles = t->job->compiles && t->job->compiles(t->job->context, candidate);
    bool skipped = t->first >= 0 && (is_late(t) || (compiles && t->compiled >= TUNE_COMPILED));
    t->compiled += compiles && !skipped;
    return skipped;
}

/* Whether the candidate is a margin faster in both passes; the worse pass's share of the first one's time. An error of
 * the candidate's own is in *own. */
static struct err compare(struct tuning *t, int candidate, struct err *own, bool *faster, double *score)
{
    double first, other;
    *faster = false;
    *score = 0;
    TRY(time_one(t, t->first, 1, &first));
    if (t->out->chosen == t->first)
        t->out->first_ns = t->out->chosen_ns = (int64_t)first;
    *own = time_one(t, candidate, 1, &other);
    if (own->code || other > SLOW * first)
        return OK;
    int runs = first < PASS_NS ? (int)(PASS_NS / first) : 1;
    runs = runs > RUNS ? RUNS : runs;
    for (int pass = 0; pass < 2; pass++) {
        if (is_late(t))
            return OK;
        for (int turn = 0; turn < 2; turn++)
            if (turn == pass)
                TRY(time_one(t, t->first, runs, &first));
            else if ((*own = time_one(t, candidate, runs, &other)).code)
                return OK;
        if (other > first * (1 - TUNE_MARGIN))
            return OK;
        *score = other / first > *score ? other / first : *score;
    }
    *faster = *score <= t->score * (1 - TUNE_MARGIN);
    if (*faster) {
        t->out->first_ns = (int64_t)first;
        t->out->chosen_ns = (int64_t)other;
    }
    return OK;
}

static struct err try_one(struct tuning *t, int candidate)
{
    struct err own = OK;
    double once, score;
    bool faster = false;
    t->out->tried++;
    own = time_one(t, candidate, 1, &once); /* the making, and a run to warm it */
    if (!own.code && t->first < 0)
        t->first = t->out->chosen = candidate;
    else if (!own.code)
        TRY(compare(t, candidate, &own, &faster, &score));
    if (faster) {
        t->out->chosen = candidate;
        t->score = score;
    }
    if (own.code == ERR_CANCELLED)
        return own;
    t->out->failed += own.code != ERR_NONE;
    t->reason = err_first(t->reason, own);
    return OK;
}

static struct err try_all(struct tuning *t)
{
    for (int i = 0; i < t->job->candidates; i++) {
        if (is_skipped(t, i))
            t->out->untried++;
        else
            TRY(try_one(t, i));
    }
    return OK;
}

struct err tune(const struct tune_job *job, struct tune_result *out)
{
    struct tuning t = {.job = job, .out = out, .first = -1, .score = 1};
    *out = (struct tune_result){.chosen = -1};
    struct err e = try_all(&t);
    if (!e.code && t.first < 0)
        return t.reason.code ? t.reason : err_fail("there is no implementation to choose");
    err_free(&t.reason);
    return e;
}
