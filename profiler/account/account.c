#include "profiler/account/account.h"

#include "profiler/account/parts.h"
#include "profiler/trace/work.h"

static void look_at_times(const struct trace *t, int32_t r, struct account *out)
{
    const struct repetition *span = &t->repetition[r];
    for (int64_t i = 0; i < t->activities; i++) {
        const struct activity *a = &t->activity[i];
        out->bad_times += work_has_bad_times(a);
        out->outside +=
            work_is(a) && a->run >= 0 && t->run[a->run].repetition == r &&
            (a->begin_ns < span->begin_ns - ACCOUNT_OUTSIDE_NS || a->end_ns > span->end_ns + ACCOUNT_OUTSIDE_NS);
    }
}

static void check(const struct trace *t, struct account *a)
{
    a->valid = true;
    for (const struct account_check *c = account_checks; c->name && a->valid; c++)
        a->valid = c->holds(t, a, a->reason);
}

struct err account_make(const struct trace *t, int32_t r, struct account *out)
{
    *out = (struct account){.wrong_run = -1};
    if (r < 0 || r >= t->repetitions)
        return err_fail("the trace has no repetition %d: it has %d", r + 1, t->repetitions);
    look_at_times(t, r, out);
    TRY(account_sweep(t, r, out));
    TRY(account_streams(t, r, out));
    TRY(account_nodes(t, r, out));
    if (r)
        TRY(account_compare(t, 0, r, &out->different, out->difference));
    check(t, out);
    return OK;
}
