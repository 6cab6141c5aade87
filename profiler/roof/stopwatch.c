#include "profiler/roof/stopwatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/base/clock.h"
#include "pipeline/base/random.h"
#include "pipeline/runtime/plan.h"

/* A sample is about so long at least: then reading the clock, and waiting for a device, are a small part of it. */
enum { SAMPLE_NS = 2000000 };

/* So many samples at least, though they may take up to SLACK times as long as was asked for: one alone may fall into a
 * moment in which another process had the processor. */
enum { LEAST_SAMPLES = 4, SLACK = 2 };

/* Random values, since products of equal ones take less power, and so run at a higher clock than any model's. */
struct noise {
    float *value;
    int64_t count;
};

static struct err noise_make(const struct graph *g, struct noise *out)
{
    enum { DRAWN = 1 << 16 };
    for (value_id v = 0; v < g->n_values; v++)
        if (g->value[v].kind != VALUE_RESULT && shape_count(g->value[v].shape) > out->count)
            out->count = shape_count(g->value[v].shape);
    const size_t count = (size_t)out->count, drawn = count < DRAWN ? count : DRAWN;
    out->value = malloc((count + 1) * sizeof *out->value);
    if (!out->value)
        return err_fail("out of memory");
    random_normal(1, out->value, drawn);
    for (size_t at = drawn; at < count; at += drawn)
        memcpy(out->value + at, out->value, (count - at < drawn ? count - at : drawn) * sizeof *out->value);
    return OK;
}

struct drawn_weights {
    const struct graph *graph;
    const struct noise *noise;
};

static struct err find(void *context, const char *name, struct weight *out)
{
    const struct drawn_weights *w = context;
    const struct value *v = &w->graph->value[graph_find(w->graph, name)];
    *out = (struct weight){v->name, DTYPE_f32, shape_count(v->shape), w->noise->value};
    return OK;
}

static void release(void *context, const struct weight *w)
{
    (void)context, (void)w;
}

static struct err fill(struct plan *p, void *arena)
{
    struct noise noise = {0};
    struct drawn_weights weights = {plan_graph(p), &noise};
    const struct weight_source source = {&weights, find, release, NULL};
    struct err e = noise_make(plan_graph(p), &noise);
    if (!e.code)
        e = plan_load(p, &source, NULL, NULL);
    if (!e.code)
        e = plan_bind(p, arena);
    if (!e.code)
        e = plan_write(p, "x", noise.value);
    free(noise.value);
    return e;
}

static struct err time_steps(struct plan *p, int64_t steps, int64_t *ns)
{
    const int64_t begin = clock_now_ns();
    for (int64_t i = 0; i < steps; i++)
        TRY(plan_step(p));
    TRY(plan_wait(p));
    *ns = clock_now_ns() - begin;
    return OK;
}

/* The first step touches memory and loads kernels. */
static struct err time_plan(struct plan *p, int64_t for_ns, int64_t *shortest)
{
    int64_t ns = 0, steps = 1;
    TRY(plan_begin(p));
    TRY(time_steps(p, 1, &ns));
    const int64_t begin = clock_now_ns();
    int64_t spent = 0;
    *shortest = INT64_MAX;
    for (int sample = 0; !sample || spent < (sample < LEAST_SAMPLES ? SLACK * for_ns : for_ns); sample++) {
        TRY(time_steps(p, steps, &ns));
        const int64_t each = ns / steps > 0 ? ns / steps : 1;
        *shortest = each < *shortest ? each : *shortest;
        steps = SAMPLE_NS / *shortest + 1;
        spent = clock_now_ns() - begin;
    }
    return OK;
}

static bool fits_memory(const struct backend *b, void *state, const struct plan *p)
{
    const struct plan_memory m = plan_memory(p);
    const uint64_t available = b->free_bytes(state);
    return !available || m.arena + m.weights <= available / 2;
}

static struct err run(struct plan *p, void *arena, int64_t for_ns, struct timing *out)
{
    struct err e = fill(p, arena);
    if (!e.code)
        e = time_plan(p, for_ns, &out->ns);
    out->cost = graph_cost(plan_graph(p));
    snprintf(out->kernel, sizeof out->kernel, "%s", plan_launch_kernel(p, 0));
    return e.code ? err_first(e, plan_wait(p)) : OK; /* nothing may still be at work in the memory */
}

struct err graph_time(struct graph *g, const struct backend *b, void *state, int64_t for_ns, struct timing *out)
{
    struct plan *p = NULL;
    void *arena = NULL;
    const struct watch *before = watch_attach(NULL);
    *out = (struct timing){0};
    struct err e = plan_make(g, b, state, &p);
    const size_t bytes = p ? plan_memory(p).arena : 0;
    out->fits = p && fits_memory(b, state, p);
    if (out->fits)
        e = b->allocate(state, bytes, &arena);
    if (out->fits && !e.code)
        e = run(p, arena, for_ns, out);
    plan_free(p);
    b->release(state, arena, bytes);
    watch_attach(before);
    return e;
}
