#include <stdlib.h>

#include "profiler/rows/parts.h"
#include "profiler/trace/work.h"

/* The work of one run. */
struct extent {
    int64_t begin_ns, end_ns, busy_ns; /* end_ns 0: it had none */
};

/* `extent` has one, zeroed, for each run. The trace is sorted: what ended last so far is where the union ends. */
static void gather(const struct trace *t, struct extent *extent)
{
    for (int64_t i = 0; i < t->activities; i++) {
        const struct activity *a = &t->activity[i];
        if (a->run < 0 || !work_is(a))
            continue;
        struct extent *e = &extent[a->run];
        e->begin_ns = e->end_ns ? e->begin_ns : a->begin_ns;
        const int64_t from = a->begin_ns > e->end_ns ? a->begin_ns : e->end_ns;
        e->busy_ns += a->end_ns > from ? a->end_ns - from : 0;
        e->end_ns = a->end_ns > e->end_ns ? a->end_ns : e->end_ns;
    }
}

/* One step of a plan's stage, by the run that is looked at. */
struct key {
    int32_t plan, step, run;
    enum stage stage;
};

static int by_key(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
#define BY(field)             \
    if (x->field != y->field) \
        return x->field < y->field ? -1 : 1;
    BY(plan)
    BY(stage)
    BY(step)
    BY(run)
#undef BY
    return 0;
}

static bool same_step(const struct key *x, const struct key *y)
{
    return x->plan == y->plan && x->stage == y->stage && x->step == y->step;
}

/* Runs of repetitions that had work (a stage may have no launches); those of one step are neighbours. */
static size_t sort_runs(const struct trace *t, const struct extent *extent, struct key *key)
{
    size_t count = 0;
    for (int32_t i = 0; i < t->runs; i++)
        if (t->run[i].repetition >= 0 && extent[i].end_ns)
            key[count++] = (struct key){t->run[i].plan, t->run[i].step, i, t->run[i].stage};
    qsort(key, count, sizeof *key, by_key);
    return count;
}

/* A step, and its first run: steps come in the order of these. */
struct numbered {
    struct trace_step step;
    int32_t run;
};

static int by_run(const void *a, const void *b)
{
    int32_t x = ((const struct numbered *)a)->run, y = ((const struct numbered *)b)->run;
    return (x > y) - (x < y);
}

/* `times` has 2 zeroed numbers a repetition for each step. */
static int32_t fill(const struct trace *t, const struct key *key, size_t count, const struct extent *extent,
                    int64_t *times, struct numbered *out)
{
    const int32_t repetitions = t->repetitions;
    int32_t steps = 0;
    for (size_t i = 0; i < count; i++) {
        const struct traced_run *run = &t->run[key[i].run];
        if (!i || !same_step(&key[i - 1], &key[i])) {
            int64_t *own = times + 2 * (size_t)repetitions * (size_t)steps;
            out[steps++] = (struct numbered){{.plan = run->plan,
                                              .step = run->step,
                                              .stage = run->stage,
                                              .busy_ns = own,
                                              .span_ns = own + repetitions},
                                             key[i].run};
        }
        const struct extent *e = &extent[key[i].run];
        out[steps - 1].step.busy_ns[run->repetition] += e->busy_ns;
        out[steps - 1].step.span_ns[run->repetition] += e->end_ns - e->begin_ns;
    }
    return steps;
}

struct err rows_make_steps(const struct trace *t, struct trace_rows *out)
{
    struct extent *extent = calloc((size_t)t->runs + 1, sizeof *extent);
    struct key *key = malloc(((size_t)t->runs + 1) * sizeof *key);
    struct numbered *numbered = malloc(((size_t)t->runs + 1) * sizeof *numbered);
    if (extent && key && numbered) {
        gather(t, extent);
        const size_t count = sort_runs(t, extent, key);
        size_t steps = 0;
        for (size_t i = 0; i < count; i++)
            steps += !i || !same_step(&key[i - 1], &key[i]);
        out->step_times = calloc(2 * steps * (size_t)t->repetitions + 1, sizeof *out->step_times);
        out->step = malloc((steps + 1) * sizeof *out->step);
        if (out->step_times && out->step) {
            out->steps = fill(t, key, count, extent, out->step_times, numbered);
            qsort(numbered, steps, sizeof *numbered, by_run);
        }
    }
    for (int32_t i = 0; i < out->steps; i++)
        out->step[i] = numbered[i].step;
    struct err e = out->step_times && out->step ? OK : err_fail("out of memory for the steps of a trace");
    free(extent);
    free(key);
    free(numbered);
    return e;
}
