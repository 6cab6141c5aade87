#include "profiler/export/selection.h"

static bool is_whole(const struct activity *a)
{
    return a->end_ns >= a->begin_ns;
}

bool selection_has_run(const struct selection *s, int32_t run)
{
    const struct traced_run *r = &s->trace->run[run];
    const bool step_left_out = s->steps && r->stage == STAGE_STEP && r->step >= s->steps;
    return r->repetition >= 0 && r->repetition < s->repetitions && !step_left_out;
}

/* Whether a time lies in a selected repetition and in no run that is left out. Runs are in the order of time. */
static bool has_time(const struct selection *s, int64_t t)
{
    const struct trace *trace = s->trace;
    bool inside = false;
    for (int32_t i = 0; i < s->repetitions; i++)
        inside |= t >= trace->repetition[i].begin_ns && t <= trace->repetition[i].end_ns;
    if (!inside || !s->steps)
        return inside;
    int32_t low = 0, high = trace->runs; /* runs before low begin at t or earlier, those from high on later */
    while (low < high) {
        const int32_t middle = low + (high - low) / 2;
        if (trace->run[middle].begin_ns <= t)
            low = middle + 1;
        else
            high = middle;
    }
    return !low || t >= trace->run[low - 1].end_ns || selection_has_run(s, low - 1);
}

bool selection_has(const struct selection *s, const struct activity *a)
{
    return is_whole(a) && (a->run >= 0 ? selection_has_run(s, a->run) : has_time(s, a->begin_ns));
}

int64_t selection_next_work(const struct selection *s, int64_t i)
{
    const struct trace *t = s->trace;
    for (i++; i < t->activities; i++)
        if (activity_rows[t->activity[i].kind].device && selection_has(s, &t->activity[i]))
            return i;
    return -1;
}

static void extend(struct selection *s, int64_t begin_ns, int64_t end_ns)
{
    s->begin_ns = begin_ns < s->begin_ns ? begin_ns : s->begin_ns;
    s->end_ns = end_ns > s->end_ns ? end_ns : s->end_ns;
}

struct err selection_make(const struct trace_export *x, struct selection *out)
{
    const struct trace *t = x->trace;
    if (!t->repetitions)
        return err_fail("the trace has no whole run of the pipeline that could be written");
    const int wanted = x->repetitions > 0 ? x->repetitions : 1;
    *out = (struct selection){.trace = t,
                              .steps = x->steps > 0 ? x->steps : 0,
                              .repetitions = wanted < t->repetitions ? wanted : t->repetitions,
                              .begin_ns = t->repetition[0].begin_ns,
                              .end_ns = t->repetition[0].end_ns};
    for (int32_t i = 1; i < out->repetitions; i++)
        extend(out, t->repetition[i].begin_ns, t->repetition[i].end_ns);
    for (int32_t i = 0; i < t->runs; i++)
        if (selection_has_run(out, i))
            extend(out, t->run[i].begin_ns, t->run[i].end_ns);
    /* A device's clock may be off by a little: its first work can seem to begin before the repetition does. */
    for (int64_t i = 0; i < t->activities; i++)
        if (selection_has(out, &t->activity[i]))
            extend(out, t->activity[i].begin_ns, t->activity[i].end_ns);
    return OK;
}
