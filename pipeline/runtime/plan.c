#include "pipeline/runtime/plan_private.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "pipeline/base/phase.h"
#include "pipeline/graph/place.h"
#include "pipeline/graph/print.h"
#include "pipeline/graph/verify.h"

static struct err choose_kernels(struct plan *p)
{
    const struct graph *g = p->graph;
    for (node_id n = 0; n < g->n_nodes; n++) {
        const struct node *node = &g->node[n];
        if (node->rate == RATE_LOAD || ops[node->op].kind == KIND_VIEW)
            continue;
        struct launch *l = &p->launch[p->launches++];
        l->node = n;
        l->stage = node->rate == RATE_RUN && g->hoists_run ? STAGE_RUN : STAGE_STEP;
        TRY(err_wrap(p->backend->choose(p->state, g, n, &l->kernel), "%s (%s)", node->path[0], ops[node->op].name));
        l->weights_at = p->memory.weights;
        p->memory.weights += memory_aligned(l->kernel.weight_bytes);
        if (l->kernel.scratch_bytes > p->memory.scratch)
            p->memory.scratch = l->kernel.scratch_bytes;
    }
    return OK;
}

/* When a node runs: all that run once a prompt come before the loop. */
static int time_of(const struct graph *g, node_id n)
{
    return g->node[n].rate == RATE_RUN && g->hoists_run ? n : g->n_nodes + n;
}

/* Life of every storage. What the host writes or reads, states, and what the loop reads from before it live to the
 * end, since the loop comes round again; the first two from the beginning. */
static void plan_lives(struct plan *p)
{
    const struct graph *g = p->graph;
    const int loop = g->n_nodes, end = 2 * g->n_nodes;
    for (value_id v = 0; v < g->n_values; v++) {
        const struct value *x = &g->value[v];
        if (x->base != v || x->kind == VALUE_WEIGHT || x->rate == RATE_LOAD)
            continue;
        bool made = x->kind == VALUE_RESULT;
        p->span[v] = (struct span){.bytes = (size_t)value_bytes(x),
                                   .first = made ? time_of(g, x->producer) : 0,
                                   .last = made ? time_of(g, x->producer) : end};
    }
    for (node_id n = 0; n < g->n_nodes; n++)
        for (int i = 0; i < g->node[n].n_inputs; i++)
            if (g->node[n].input[i] != NO_VALUE) {
                struct span *s = &p->span[node_value(g, &g->node[n], i)->base];
                int read = time_of(g, n), last = s->first < loop && read >= loop ? end : read;
                s->last = s->last > last ? s->last : last;
            }
    for (int i = 0; i < g->n_outputs; i++)
        p->span[g->value[g->output[i].value].base].last = end;
}

static void plan_arena(struct plan *p)
{
    size_t count = (size_t)p->graph->n_values, stored = 0;
    struct span *dense = malloc((count + 1) * sizeof *dense);
    for (size_t v = 0; v < count; v++)
        p->memory.activations += memory_aligned(p->span[v].bytes);
    for (size_t v = 0; dense && v < count; v++)
        if (p->span[v].bytes)
            dense[stored++] = p->span[v];
    size_t end = dense ? memory_plan(dense, stored) : memory_plan(p->span, count);
    for (size_t v = 0, i = 0; dense && v < count; v++)
        if (p->span[v].bytes)
            p->span[v].offset = dense[i++].offset;
    free(dense);
    p->memory.arena = memory_aligned(end) + memory_aligned(p->memory.scratch);
}

struct err plan_make(struct graph *g, const struct backend *b, void *state, struct plan **out)
{
    struct plan *p = calloc(1, sizeof *p);
    *out = NULL;
    if (!p) {
        graph_free(g);
        return err_fail("out of memory for a plan");
    }
    *p = (struct plan){.graph = g, .backend = b, .state = state};
    struct err e = graph_verify(g);
    if (e.code)
        goto fail;
    p->launch = calloc((size_t)g->n_nodes + 1, sizeof *p->launch);
    p->span = calloc((size_t)g->n_values + 1, sizeof *p->span);
    e = p->launch && p->span ? choose_kernels(p) : err_fail("out of memory for a plan");
    if (e.code)
        goto fail;
    plan_lives(p);
    plan_arena(p);
    *out = p;
    return OK;
fail:
    plan_free(p);
    return err_wrap(e, "backend %s", b->name);
}

void plan_free(struct plan *p)
{
    if (!p)
        return;
    watch_tell(&(struct watch_event){.what = WATCH_plan_freed, .plan = p});
    plan_forget(p);
    for (size_t i = 0; i < p->launches; i++)
        if (p->launch[i].kernel.class)
            p->launch[i].kernel.class->free(p->launch[i].kernel.own);
    p->backend->release(p->state, p->weights, p->memory.weights);
    graph_free(p->graph);
    free(p->launch);
    free(p->span);
    free(p);
}

struct plan_memory plan_memory(const struct plan *p)
{
    return p->memory;
}

static struct err allocate_weights(struct plan *p)
{
    void *memory = NULL;
    enum phase before = phase_enter(PHASE_plan);
    struct err e = p->backend->allocate(p->state, p->memory.weights, &memory);
    p->weights = memory;
    phase_return(before);
    return e;
}

struct err plan_load_made_up(struct plan *p)
{
    const size_t chunk = 1 << 22;
    char *made_up = malloc(chunk);
    struct err e = made_up ? allocate_weights(p) : err_fail("out of memory");
    if (made_up)
        memset(made_up, 0x3c, chunk); /* 0.0115, as float32 and as bfloat16 */
    for (size_t at = 0; at < p->memory.weights && !e.code; at += chunk) {
        size_t left = p->memory.weights - at;
        e = p->backend->copy_in(p->state, p->weights + at, made_up, left < chunk ? left : chunk);
    }
    free(made_up);
    return e;
}

/* Packed bytes: so much of the checkpoint is being read while what comes before it is packed. */
enum { READ_AHEAD = 1 << 28 };

static struct err load_launch(const struct plan *p, const struct launch *l, const struct loader *loader)
{
    enum phase before = phase_enter(PHASE_transform);
    struct err e = l->kernel.class->load(l->kernel.own, loader, p->weights + l->weights_at);
    phase_add_bytes(l->kernel.weight_bytes);
    phase_return(before);
    return err_wrap(e, "%s", p->graph->node[l->node].path[0]);
}

static struct err load_launches(struct plan *p, const struct loader *loader, void (*progress)(void *, size_t, size_t),
                                void *context)
{
    for (size_t i = 0, ahead = 0; i < p->launches; i++) {
        struct launch *l = &p->launch[i];
        for (; ahead < p->launches && p->launch[ahead].weights_at < l->weights_at + READ_AHEAD; ahead++)
            loader_expect(loader, &p->graph->node[p->launch[ahead].node]);
        if (l->kernel.class->load && l->kernel.weight_bytes)
            TRY(load_launch(p, l, loader));
        if (progress)
            progress(context, i + 1, p->launches);
    }
    return OK;
}

struct err plan_load(struct plan *p, const struct weight_source *source, void (*progress)(void *, size_t, size_t),
                     void *context)
{
    struct loader_spare spare = {0};
    const struct loader loader = {p->graph, source, &spare};
    TRY(allocate_weights(p));
    struct err e = load_launches(p, &loader, progress, context);
    loader_end(&spare);
    return e;
}

/* The address of a value's first element, in the arena. */
static char *address(const struct plan *p, value_id v)
{
    const struct value *x = &p->graph->value[v], *base = &p->graph->value[x->base];
    return p->arena + p->span[x->base].offset + (size_t)x->offset * dtypes[base->dtype].bytes;
}

static struct err bind_launches(const struct plan *p)
{
    for (size_t i = 0; i < p->launches; i++) {
        struct launch *l = &p->launch[i];
        const struct node *n = &p->graph->node[l->node];
        struct binding b = {.weights = l->kernel.weight_bytes ? p->weights + l->weights_at : NULL,
                            .scratch = p->arena + p->memory.arena - memory_aligned(p->memory.scratch)};
        for (int k = 0; k < n->n_inputs; k++)
            if (n->input[k] != NO_VALUE && node_value(p->graph, n, k)->rate != RATE_LOAD)
                b.input[k] = address(p, n->input[k]);
        for (int k = 0; k < n->n_outputs; k++)
            b.output[k] = address(p, n->output[k]);
        TRY(err_wrap(l->kernel.class->bind(l->kernel.own, &b), "%s", n->path[0]));
    }
    return OK;
}

struct err plan_bind(struct plan *p, void *arena)
{
    enum phase before = phase_enter(PHASE_plan);
    plan_forget(p); /* it knows the addresses of before */
    p->arena = arena;
    struct err e = bind_launches(p);
    phase_return(before);
    if (!e.code)
        watch_tell(&(struct watch_event){.what = WATCH_plan_bound, .plan = p});
    return e.code ? e : plan_record(p);
}

const struct node *plan_launch_node(const struct plan *p, size_t launch)
{
    return &p->graph->node[p->launch[launch].node];
}

enum stage plan_launch_stage(const struct plan *p, size_t launch)
{
    return p->launch[launch].stage;
}

const char *plan_launch_kernel(const struct plan *p, size_t launch)
{
    return p->launch[launch].kernel.name;
}

size_t plan_launches(const struct plan *p)
{
    return p->launches;
}

const struct graph *plan_graph(const struct plan *p)
{
    return p->graph;
}

void plan_print(const struct plan *p, struct text *out)
{
    char shape[SHAPE_TEXT];
    text_add(out, "plan %s on %s: %zu launches, arena %.1f MB (%.1f MB with nothing shared), weights %.1f MB\n",
             p->graph->name, p->backend->name, p->launches, (double)p->memory.arena * 1e-6,
             (double)p->memory.activations * 1e-6, (double)p->memory.weights * 1e-6);
    for (size_t i = 0; i < p->launches; i++) {
        const struct launch *l = &p->launch[i];
        const struct node *n = &p->graph->node[l->node];
        const struct value *y = node_result(p->graph, n, 0);
        text_add(out, "%4zu %-4s %-32s @%-11zu %-4s %-18s %s\n", i, stage_names[l->stage], l->kernel.name,
                 p->span[y->base].offset, dtypes[y->dtype].name, shape_text(y->shape, shape), n->path[0]);
    }
}

uint64_t plan_choice_hash(const struct plan *p)
{
    struct text t = {0};
    for (size_t i = 0; i < p->launches; i++)
        text_add(&t, "%s\n", p->launch[i].kernel.name);
    uint64_t hash = XXH3_64bits(text_get(&t), t.length);
    text_free(&t);
    return hash;
}
