#include "pipeline/base/phase.h"

#include <stddef.h>
#include <sys/resource.h>

#include "pipeline/base/clock.h"

const struct phase_row phases[PHASE_COUNT] = {
#define PHASE(name, title, faults) [PHASE_##name] = {title, faults},
#include "pipeline/base/phases.def"
#undef PHASE
};

static _Thread_local struct phase_clock *attached;

static bool counts_faults(enum phase p)
{
    return p != PHASE_NONE && phases[p].counts_faults;
}

/* The threads of a parallel loop touch the pages: the whole process is asked. */
static void count_faults(struct phase_clock *c, enum phase from, enum phase to)
{
    struct rusage u;
    if ((!counts_faults(from) && !counts_faults(to)) || getrusage(RUSAGE_SELF, &u))
        return;
    if (counts_faults(from)) {
        c->phase[from].major_faults += u.ru_majflt - c->major_faults;
        c->phase[from].minor_faults += u.ru_minflt - c->minor_faults;
    }
    c->major_faults = u.ru_majflt;
    c->minor_faults = u.ru_minflt;
}

enum phase phase_clock_change(struct phase_clock *c, enum phase to, bool enters, int64_t now_ns)
{
    const enum phase from = c->now;
    *(from == PHASE_NONE ? &c->none_ns : &c->phase[from].time_ns) += now_ns - c->since_ns;
    count_faults(c, from, to);
    if (enters && to != PHASE_NONE && !c->phase[to].entries++)
        c->phase[to].begin_ns = now_ns;
    c->now = to;
    c->since_ns = now_ns;
    return from;
}

void phase_clock_start(struct phase_clock *c, int64_t now_ns)
{
    *c = (struct phase_clock){
        .start_ns = now_ns, .now = PHASE_NONE, .since_ns = now_ns, .outer = attached, .runs = true};
    attached = c;
}

static bool is_attached(const struct phase_clock *c)
{
    const struct phase_clock *at = attached;
    while (at && at != c)
        at = at->outer;
    return at != NULL;
}

void phase_clock_stop(struct phase_clock *c, int64_t now_ns)
{
    if (!is_attached(c))
        return;
    while (c->runs) {
        struct phase_clock *inner = attached;
        phase_clock_change(inner, PHASE_NONE, false, now_ns);
        inner->stop_ns = now_ns;
        inner->runs = false;
        attached = inner->outer;
    }
}

enum phase phase_enter(enum phase p)
{
    return attached ? phase_clock_change(attached, p, true, clock_now_ns()) : PHASE_NONE;
}

void phase_return(enum phase before)
{
    if (attached)
        phase_clock_change(attached, before, false, clock_now_ns());
}

void phase_add_bytes(uint64_t n)
{
    if (attached && attached->now != PHASE_NONE)
        attached->phase[attached->now].bytes += n;
}

int64_t phase_clock_unaccounted_ns(const struct phase_clock *c)
{
    return c->none_ns;
}
