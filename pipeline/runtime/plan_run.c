#include <stdlib.h>

#include "pipeline/base/phase.h"
#include "pipeline/runtime/plan_private.h"

struct err plan_wait(struct plan *p)
{
    return p->backend->finish ? p->backend->finish(p->state) : OK;
}

/* Of all nodes of the recording, or NULL: some of them would be taken for those of another launch. */
static uint64_t *recorded_ids(const struct plan *p, size_t recorded)
{
    if (!recorded || !p->backend->recorded_ids || !watch_attached()->wants_ids)
        return NULL;
    uint64_t *id = calloc(recorded, sizeof *id);
    if (id && p->backend->recorded_ids(p->state, id, recorded) == recorded)
        return id;
    free(id);
    return NULL;
}

static void tell_launch(const struct plan *p, enum watch_what what, enum run_how how, size_t i)
{
    size_t recorded = 0;
    if (what == WATCH_launch_end && how == RUN_RECORDED && p->backend->recorded)
        recorded = p->backend->recorded(p->state);
    uint64_t *ids = recorded_ids(p, recorded);
    watch_tell(&(struct watch_event){.what = what,
                                     .plan = p,
                                     .stage = p->launch[i].stage,
                                     .how = how,
                                     .launch = i,
                                     .recorded = recorded,
                                     .ids = ids});
    free(ids);
}

static bool waits(enum run_how how)
{
    return watch_attached()->one_by_one && how != RUN_RECORDED;
}

/* A time is that of the launch alone: it waits for those before, and for its own end. */
static struct err run_watched(struct plan *p, enum run_how how, size_t i)
{
    const struct kernel *k = &p->launch[i].kernel;
    tell_launch(p, WATCH_launch_begin, how, i);
    struct err e = k->class->run(k->own);
    if (waits(how) && !e.code)
        e = plan_wait(p);
    tell_launch(p, WATCH_launch_end, how, i);
    return e;
}

static struct err run_launches(struct plan *p, enum stage stage, enum run_how how)
{
    const bool watched = watch_attached();
    if (watched && waits(how))
        TRY(plan_wait(p));
    for (size_t i = 0; i < p->launches; i++)
        if (p->launch[i].stage == stage)
            TRY(watched ? run_watched(p, how, i) : p->launch[i].kernel.class->run(p->launch[i].kernel.own));
    return OK;
}

static void tell_run(const struct plan *p, enum watch_what what, enum stage stage, enum run_how how)
{
    watch_tell(&(struct watch_event){.what = what, .plan = p, .stage = stage, .how = how});
}

static struct err run_stage(struct plan *p, enum stage stage)
{
    const struct watch *w = watch_attached();
    const bool replays = p->recording[stage] && !(w && w->one_by_one);
    const enum run_how how = replays ? RUN_REPLAYED : RUN_LAUNCHED;
    tell_run(p, WATCH_run_begin, stage, how);
    struct err e = replays ? p->backend->replay(p->state, p->recording[stage]) : run_launches(p, stage, how);
    tell_run(p, WATCH_run_end, stage, how);
    return e;
}

struct err plan_begin(struct plan *p)
{
    return run_stage(p, STAGE_RUN);
}

struct err plan_step(struct plan *p)
{
    return run_stage(p, STAGE_STEP);
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
    tell_run(p, WATCH_run_begin, stage, RUN_RECORDED);
    struct err e = run_launches(p, stage, RUN_RECORDED);
    tell_run(p, WATCH_run_end, stage, RUN_RECORDED);
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
    for (enum stage stage = 0; stage < STAGE_COUNT; stage++) {
        tell_run(p, WATCH_run_begin, stage, RUN_FIRST);
        TRY(run_launches(p, stage, RUN_FIRST));
        tell_run(p, WATCH_run_end, stage, RUN_FIRST);
    }
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
    if (!p->graph->captured || !p->backend->captures)
        return OK;
    enum phase before = phase_enter(PHASE_modules);
    struct err e = run_first(p);
    phase_return(before);
    phase_enter(PHASE_capture);
    if (!e.code)
        e = record_stages(p);
    phase_return(before);
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
