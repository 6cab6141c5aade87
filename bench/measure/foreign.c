#include "bench/measure/foreign.h"

#include <stdio.h>
#include <string.h>

#include "pipeline/base/error.h"

int64_t foreign_shortest_ns(int processors)
{
    double wrong_ns = (double)proc_stat_tick_ns() * (processors + BUSY_COUNTERS);
    return (int64_t)(wrong_ns / (FOREIGN_LIMIT * processors)) + 1;
}

/* What happened between two readings. */
struct span {
    double wall_ns, own_ns, busy_ns, stolen_ns;
    int processors, processors_before;
};

static struct span span_of(const struct usage *begin, const struct usage *end)
{
    const struct processor_time *a = &begin->machine, *b = &end->machine;
    double tick_ns = (double)proc_stat_tick_ns();
    return (struct span){.wall_ns = (double)(end->time_ns - begin->time_ns),
                         .own_ns = (double)(end->own_ns - begin->own_ns),
                         .busy_ns = tick_ns * (double)(b->busy_ticks - a->busy_ticks),
                         .stolen_ns = tick_ns * (double)(b->stolen_ticks - a->stolen_ticks),
                         .processors = b->processors,
                         .processors_before = a->processors};
}

/* Counts that cannot be: a wrong number is worse than none. Small differences are the kernel's way of counting, hence
 * the factors of two. */
static bool is_absent(const struct span *s)
{
    return s->processors < 1 || s->processors_before < 1;
}

static bool has_changed(const struct span *s)
{
    return s->processors != s->processors_before;
}

static bool goes_back(const struct span *s)
{
    return s->wall_ns < 0 || s->own_ns < 0 || s->busy_ns < 0 || s->stolen_ns < 0;
}

static bool is_short(const struct span *s)
{
    return s->wall_ns < (double)foreign_shortest_ns(s->processors);
}

static bool lacks_own(const struct span *s)
{
    return s->busy_ns < s->own_ns / 2;
}

static bool exceeds_time(const struct span *s)
{
    return s->busy_ns > 2 * s->wall_ns * s->processors;
}

/* In order: each may take for granted that those above it do not hold. */
static const struct {
    bool (*holds)(const struct span *s);
    const char *reason;
} unknown[] = {
    {is_absent, "/proc/stat does not tell what the processors did"},
    {has_changed, "processors came or went during the sample"},
    {goes_back, "counters went backwards"},
    {is_short, "too short for the ticks of /proc/stat"},
    {lacks_own, "/proc/stat counted less than this process used"},
    {exceeds_time, "/proc/stat counted more time than there was"},
};

static double share_of(double ns, const struct span *s)
{
    double share = ns / (s->wall_ns * s->processors);
    return share < 0 ? 0 : share > 1 ? 1 : share;
}

static void tell_disturbed(struct foreign *f)
{
    int n = snprintf(f->reason, sizeof f->reason, "others used %.1f %% of the machine (the limit is %.0f %%)",
                     100 * f->share, 100 * FOREIGN_LIMIT);
    if (f->stolen_share > 0.001)
        snprintf(f->reason + n, sizeof f->reason - (size_t)n, "; %.1f %% were stolen by the hypervisor",
                 100 * f->stolen_share);
}

struct foreign foreign_of(const struct usage *begin, const struct usage *end)
{
    struct foreign f = {0};
    struct span s = span_of(begin, end);
    for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
        if (!unknown[i].holds(&s))
            continue;
        snprintf(f.reason, sizeof f.reason, "%s", unknown[i].reason);
        if (unknown[i].holds == is_short)
            snprintf(f.reason, sizeof f.reason, "%s: %.3f s, judged from %.3f s on", unknown[i].reason,
                     s.wall_ns * 1e-9, (double)foreign_shortest_ns(s.processors) * 1e-9);
        return f;
    }
    double others_ns = s.busy_ns - s.own_ns;
    f.known = true;
    f.stolen_share = share_of(s.stolen_ns, &s);
    f.share = share_of(others_ns > s.stolen_ns ? others_ns : s.stolen_ns, &s);
    f.disturbed = f.share > FOREIGN_LIMIT;
    if (f.disturbed)
        tell_disturbed(&f);
    return f;
}
