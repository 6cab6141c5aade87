#include "tests/support/model_trace.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/model_graphs.h"

enum { STREAM = 7, THREAD = 1, QUEUE = 1024 };

struct maker {
    struct trace *t;
    uint64_t random, correlation;
    int64_t host_ns, device_ns; /* now, and when the device is done with what it has */
    int64_t kernels;
    int64_t queue[QUEUE]; /* beginnings of the last kernels: the host is at most so many ahead */
};

static uint64_t next_random(struct maker *m)
{
    m->random ^= m->random << 13;
    m->random ^= m->random >> 7;
    m->random ^= m->random << 17;
    return m->random;
}

static int64_t between(struct maker *m, int64_t low, int64_t high)
{
    return low + (int64_t)(next_random(m) % (uint64_t)(high - low + 1));
}

/* Kernels of a launch: products are split, and reshape their operands before. */
static int kernels_of(const struct traced_launch *l)
{
    return ops[l->op].kind == KIND_PRODUCT ? 4 : ops[l->op].kind == KIND_NORM ? 2 : 1;
}

static int32_t add_plan(struct maker *m, const char *name, bool captured)
{
    struct trace *t = m->t;
    struct graph *g = model_graph(name, test_config("sd14"), 1, 64, 64);
    struct traced_plan plan = {.plan = m, .name = trace_text(t, g->name), .captured = captured};
    plan.first_launch = t->launches;
    for (node_id n = 0; n < g->n_nodes; n++) {
        const struct node *node = &g->node[n];
        if (ops[node->op].kind == KIND_VIEW || ops[node->op].kind == KIND_LOAD)
            continue;
        struct traced_launch l = {.plan = t->plans,
                                  .index = plan.launches++,
                                  .stage = g->hoists_run && node->rate == RATE_RUN ? STAGE_RUN : STAGE_STEP,
                                  .op = node->op,
                                  .implementation = trace_text(t, "engine 38, tiles 128x128"),
                                  .path = calloc((size_t)node->n_paths, sizeof *l.path),
                                  .paths = node->n_paths,
                                  .cost = node_cost(g, node)};
        cr_assert(l.path);
        for (int i = 0; i < node->n_paths; i++)
            l.path[i] = trace_text(t, node->path[i]);
        trace_add_launch(t, &l);
    }
    graph_free(g);
    return trace_add_plan(t, &plan);
}

static void add_call(struct maker *m, const char *name, const char *driver_name, int32_t launch, int32_t run)
{
    struct activity a = {.kind = ACTIVITY_call, .name = trace_text(m->t, name), .launch = launch, .run = run};
    a.begin_ns = m->host_ns + between(m, 200, 1500);
    a.end_ns = m->host_ns = a.begin_ns + between(m, 1800, 3900);
    a.shape = -1;
    a.stream = THREAD;
    struct activity driver = a; /* what the runtime calls */
    driver.name = trace_text(m->t, driver_name);
    driver.begin_ns += between(m, 100, 300);
    driver.end_ns -= between(m, 100, 300);
    driver.correlation = ++m->correlation;
    trace_add_activity(m->t, &driver);
    a.correlation = ++m->correlation;
    trace_add_activity(m->t, &a);
}

static void add_kernel(struct maker *m, int32_t launch, int part, int32_t run, bool in_graph)
{
    const struct traced_launch *l = &m->t->launch[launch];
    const uint32_t channels = 64u << ((unsigned)launch % 5u);
    char name[256];
    snprintf(name, sizeof name,
             "void sd::device::%s_kernel<sd::device::Tiles<%u, %u, 32>, sd::device::Stages<3>, float, float, %d>("
             "sd::device::Arguments<float, float>, float const *, float const *, float *, long, long, long)",
             ops[l->op].name, channels, channels / 2, part);
    struct kernel_shape shape = {.grid = {channels, 2, (uint32_t)launch % 7 + 1}, .block = {256, 1, 1}};
    shape.registers = 32 + 8 * ((uint32_t)launch % 20);
    shape.shared_dynamic = 1024 * (uint32_t)part;
    struct activity a = {.kind = ACTIVITY_kernel, .launch = launch, .run = run, .in_graph = in_graph, .stream = STREAM};
    a.name = trace_text(m->t, name);
    a.shape = trace_shape(m->t, &shape);
    a.correlation = m->correlation;
    const int64_t gap = between(m, 600, 1700), after_host = m->host_ns + between(m, 1500, 4000);
    a.begin_ns = m->device_ns + gap > after_host ? m->device_ns + gap : after_host;
    a.end_ns = m->device_ns = a.begin_ns + between(m, 1500, 1500 + (int64_t)channels * 60);
    trace_add_activity(m->t, &a);
    int64_t *oldest = &m->queue[m->kernels++ % QUEUE];
    m->host_ns = *oldest > m->host_ns ? *oldest : m->host_ns;
    *oldest = a.begin_ns;
}

/* The launches of a stage, once. */
static void add_run(struct maker *m, int32_t plan, enum stage stage, int step, int repetition)
{
    const struct traced_plan p = m->t->plan[plan];
    const bool replayed = p.captured && stage == STAGE_STEP;
    const int32_t run = m->t->runs;
    struct traced_run r = {.plan = plan, .step = step, .repetition = repetition, .stage = stage};
    r.how = replayed ? RUN_REPLAYED : RUN_LAUNCHED;
    r.begin_ns = m->host_ns;
    if (replayed)
        add_call(m, "cudaGraphLaunch", "cuGraphLaunch", -1, run);
    for (int32_t i = p.first_launch; i < p.first_launch + p.launches; i++)
        for (int k = 0; m->t->launch[i].stage == stage && k < kernels_of(&m->t->launch[i]); k++) {
            if (!replayed)
                add_call(m, "cudaLaunchKernel", "cuLaunchKernel", i, run);
            add_kernel(m, i, k, run, replayed);
        }
    r.end_ns = m->host_ns;
    trace_add_run(m->t, &r);
}

static void add_wait(struct maker *m)
{
    struct activity a = {.kind = ACTIVITY_call, .launch = -1, .run = -1, .shape = -1, .stream = THREAD};
    a.name = trace_text(m->t, "cudaStreamSynchronize");
    a.begin_ns = m->host_ns + 500;
    a.end_ns = m->host_ns = (m->device_ns > a.begin_ns ? m->device_ns : a.begin_ns) + 2000;
    a.correlation = ++m->correlation;
    trace_add_activity(m->t, &a);
    a.kind = ACTIVITY_wait;
    a.name = 0;
    a.correlation = 0;
    a.begin_ns += 300;
    a.end_ns -= 300;
    trace_add_activity(m->t, &a);
}

struct model_trace model_trace_make(struct model_trace_how how)
{
    struct maker m = {.t = trace_new(), .random = 88172645463325252u, .host_ns = 5000000000123};
    struct model_trace made = {.trace = m.t};
    cr_assert(m.t);
    const int32_t encoder = add_plan(&m, "text_encoder", false), decoder = add_plan(&m, "decoder", false);
    const int32_t denoise = add_plan(&m, "denoise_step", how.captured);
    for (int i = 0; i < how.repetitions; i++) {
        struct repetition r = {.begin_ns = m.host_ns};
        add_run(&m, encoder, STAGE_RUN, 0, i);
        add_run(&m, encoder, STAGE_STEP, 0, i);
        add_run(&m, denoise, STAGE_RUN, 0, i);
        for (int step = 0; step < how.steps; step++) {
            const int64_t before = m.kernels;
            add_run(&m, denoise, STAGE_STEP, step, i);
            made.kernels_a_step = m.kernels - before;
        }
        add_run(&m, decoder, STAGE_RUN, 0, i);
        add_run(&m, decoder, STAGE_STEP, 0, i);
        add_wait(&m);
        r.end_ns = m.host_ns;
        trace_add_repetition(m.t, &r);
        m.host_ns += 1000000;
    }
    trace_sort(m.t);
    struct err e = trace_error(m.t);
    cr_assert(!e.code, "%s", err_text(e));
    return made;
}
