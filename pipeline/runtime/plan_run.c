#include <stdlib.h>

#include "pipeline/base/clock.h"
#include "pipeline/base/phase.h"
#include "pipeline/runtime/plan_private.h"

struct err plan_wait(struct plan *p)
{
    return p->backend->finish ? p->backend->finish(p->state) : OK;
}

/* A time is that of the launch alone: it waits for those before, which the watch did, and for its own end. */
static struct err run_watched(struct plan *p, size_t i)
{
    const struct kernel *k = &p->launch[i].kernel;
    int64_t begin = clock_now_ns();
    TRY(k->class->run(k->own));
    TRY(plan_wait(p));
    p->watch->launched(p->watch->context, i, begin, clock_now_ns());
    return OK;
}

static struct err run_launches(struct plan *p, enum stage stage)
{
    if (p->watch)
        TRY(plan_wait(p));
    for (size_t i = 0; i < p->launches; i++)
        if (p->launch[i].stage == stage)
            TRY(p->watch ? run_watched(p, i) : p->launch[i].kernel.class->run(p->launch[i].kernel.own));
    return OK;
}

static struct err run_stage(struct plan *p, enum stage stage)
{
    if (p->recording[stage] && !p->watch)
        return p->backend->replay(p->state, p->recording[stage]);
    return run_launches(p, stage);
}

struct err plan_begin(struct plan *p)
{
    return run_stage(p, STAGE_RUN);
}

struct err plan_step(struct plan *p)
{
    return run_stage(p, STAGE_STEP);
}

void plan_watch(struct plan *p, const struct launch_watch *watch)
{
    p->watch = watch;
}

/* What the host writes is not there yet: a run on zeros reads no index and no number that is none. */
static struct err zero_what_the_host_writes(struct plan *p)
{
    for (value_id v = 0; v < p->graph->n_values; v++) {
        const struct value *x = &p->graph->value[v];
        if ((x->kind != VALUE_INPUT && x->kind != VALUE_STATE) || x->base != v || !p->span[v].bytes)
            continue;
        void *zero = calloc(1, p->span[v].bytes);
        struct err e = zero ? p->backend->copy_in(p->state, p->arena + p->span[v].offset, zero, p->span[v].bytes)
                            : err_fail("out of memory (%zu bytes)", p->span[v].bytes);
        free(zero);
        TRY(e);
    }
    return OK;
}

static bool has_launches(const struct plan *p, enum stage stage)
{
    for (size_t i = 0; i < p->launches; i++)
        if (p->launch[i].stage == stage)
            return true;
    return false;
}

/* A recording that was begun is ended whatever happens between. */
static struct err record_stage(struct plan *p, enum stage stage)
{
    TRY(p->backend->record_begin(p->state));
    struct err e = run_launches(p, stage);
    e = err_first(e, p->backend->record_end(p->state, &p->recording[stage]));
    if (e.code) {
        p->backend->forget(p->state, p->recording[stage]);
        p->recording[stage] = NULL;
    }
    return err_wrap(e, "%s", "recording (--without=capture launches one by one)");
}

/* The first run is a real one: kernels are loaded, and libraries allocate, when they are first used, which a recording
 * cannot take in. */
static struct err run_first(struct plan *p)
{
    TRY(zero_what_the_host_writes(p));
    for (enum stage stage = 0; stage < STAGE_COUNT; stage++)
        TRY(run_launches(p, stage));
    return plan_wait(p);
}

static struct err record_stages(struct plan *p)
{
    for (enum stage stage = 0; stage < STAGE_COUNT; stage++)
        if (has_launches(p, stage))
            TRY(record_stage(p, stage));
    return OK;
}

struct err plan_record(struct plan *p)
{
    const struct launch_watch *watch = p->watch;
    if (!p->graph->captured || !p->backend->captures)
        return OK;
    p->watch = NULL;
    enum phase before = phase_enter(PHASE_modules);
    struct err e = run_first(p);
    phase_return(before);
    phase_enter(PHASE_capture);
    if (!e.code)
        e = record_stages(p);
    phase_return(before);
    p->watch = watch;
    if (!e.code)
        return OK;
    plan_forget(p);
    return err_wrap(e, "graph %s cannot be recorded (--without=capture runs it launch by launch)", p->graph->name);
}

void plan_forget(struct plan *p)
{
    for (enum stage stage = 0; stage < STAGE_COUNT; stage++)
        if (p->recording[stage]) {
            p->backend->forget(p->state, p->recording[stage]);
            p->recording[stage] = NULL;
        }
}
