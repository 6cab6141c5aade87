#include <stdlib.h>

#include "pipeline/base/clock.h"
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

static struct err run_launches(struct plan *p, enum phase phase)
{
    if (p->watch)
        TRY(plan_wait(p));
    for (size_t i = 0; i < p->launches; i++)
        if (p->launch[i].phase == phase)
            TRY(p->watch ? run_watched(p, i) : p->launch[i].kernel.class->run(p->launch[i].kernel.own));
    return OK;
}

static struct err run_phase(struct plan *p, enum phase phase)
{
    if (p->recording[phase] && !p->watch)
        return p->backend->replay(p->state, p->recording[phase]);
    return run_launches(p, phase);
}

struct err plan_begin(struct plan *p)
{
    return run_phase(p, PHASE_RUN);
}

struct err plan_step(struct plan *p)
{
    return run_phase(p, PHASE_STEP);
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

static bool has_launches(const struct plan *p, enum phase phase)
{
    for (size_t i = 0; i < p->launches; i++)
        if (p->launch[i].phase == phase)
            return true;
    return false;
}

/* A recording that was begun is ended whatever happens between. */
static struct err record_phase(struct plan *p, enum phase phase)
{
    TRY(p->backend->record_begin(p->state));
    struct err e = run_launches(p, phase);
    e = err_first(e, p->backend->record_end(p->state, &p->recording[phase]));
    if (e.code) {
        p->backend->forget(p->state, p->recording[phase]);
        p->recording[phase] = NULL;
    }
    return err_wrap(e, "%s", "recording (--without=capture launches one by one)");
}

/* The first run is a real one: kernels are loaded, and libraries allocate, when they are first used, which a recording
 * cannot take in. */
struct err plan_record(struct plan *p)
{
    const struct launch_watch *watch = p->watch;
    if (!p->graph->captured || !p->backend->captures)
        return OK;
    p->watch = NULL;
    struct err e = zero_what_the_host_writes(p);
    for (enum phase phase = 0; phase < PHASE_COUNT && !e.code; phase++)
        e = run_launches(p, phase);
    if (!e.code)
        e = plan_wait(p);
    for (enum phase phase = 0; phase < PHASE_COUNT && !e.code; phase++)
        if (has_launches(p, phase))
            e = record_phase(p, phase);
    p->watch = watch;
    if (!e.code)
        return OK;
    plan_forget(p);
    return err_wrap(e, "graph %s cannot be recorded (--without=capture runs it launch by launch)", p->graph->name);
}

void plan_forget(struct plan *p)
{
    for (enum phase phase = 0; phase < PHASE_COUNT; phase++)
        if (p->recording[phase]) {
            p->backend->forget(p->state, p->recording[phase]);
            p->recording[phase] = NULL;
        }
}
