#include "tests/op/run_graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "pipeline/base/random.h"
#include "pipeline/runtime/plan.h"

enum { GUARD = 4096 }; /* bytes before and after the arena */

void generate(const char *name, float *out, size_t count)
{
    random_normal(XXH3_64bits(name, strlen(name)), out, count);
}

static const void *fed(const struct graph_run *how, const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(how->feed) && how->feed[i].name; i++)
        if (!strcmp(how->feed[i].name, name))
            return how->feed[i].rows;
    return NULL;
}

struct checkpoint {
    const struct graph *graph;
    const struct graph_run *how;
};

static struct err checkpoint_find(void *context, const char *name, struct weight *out)
{
    const struct checkpoint *c = context;
    value_id v = graph_find(c->graph, name);
    if (v == NO_VALUE)
        return err_fail("no weight %s", name);
    int64_t count = shape_count(c->graph->value[v].shape);
    float *values = malloc((size_t)count * sizeof *values);
    void *stored = malloc((size_t)count * dtypes[c->how->stored].bytes);
    if (!values || !stored) {
        free(values);
        free(stored);
        return err_fail("out of memory");
    }
    if (fed(c->how, name))
        memcpy(values, fed(c->how, name), (size_t)count * sizeof *values);
    else
        generate(name, values, (size_t)count);
    dtype_from_f32(stored, values, c->how->stored, (size_t)count);
    free(values);
    *out = (struct weight){name, c->how->stored, count, stored};
    return OK;
}

static void checkpoint_release(void *context, const struct weight *w)
{
    (void)context;
    free((void *)(uintptr_t)w->data);
}

/* What the plan exchanges with the host: float32 or the integers themselves. */
static size_t host_bytes(const struct value *v)
{
    size_t each = v->dtype == DTYPE_i32 || v->dtype == DTYPE_u8 ? dtypes[v->dtype].bytes : sizeof(float);
    return (size_t)shape_count(v->shape) * each;
}

static struct err write_input(struct plan *p, const struct graph_run *how, const struct value *v, char *as_read)
{
    const void *rows = fed(how, v->name);
    size_t count = (size_t)shape_count(v->shape);
    float *made = calloc(count, sizeof *made);
    if (!made)
        return err_fail("out of memory");
    if (!rows && v->dtype != DTYPE_i32) {
        generate(v->name, made, count);
        for (size_t i = 0; i < count; i++)
            made[i] = how->shift + (how->scale != 0 ? how->scale : 1) * made[i];
    }
    struct err e = plan_write(p, v->name, rows ? rows : made);
    if (!e.code)
        e = plan_read(p, v->name, as_read);
    free(made);
    return e;
}

/* Writes every input and state, or (after the run) compares every input with what was written. */
static struct err visit_inputs(struct plan *p, const struct graph_run *how, char *copies, bool after)
{
    const struct graph *g = plan_graph(p);
    for (value_id v = 0; v < g->n_values; v++) {
        const struct value *x = &g->value[v];
        if (x->kind != VALUE_INPUT && x->kind != VALUE_STATE)
            continue;
        size_t bytes = host_bytes(x);
        if (!after)
            TRY(write_input(p, how, x, copies));
        else if (x->kind == VALUE_INPUT) {
            char *now = malloc(bytes);
            struct err e = now ? plan_read(p, x->name, now) : err_fail("out of memory");
            if (!e.code && memcmp(now, copies, bytes))
                e = err_fail("input %s was overwritten", x->name);
            free(now);
            TRY(e);
        }
        copies += bytes;
    }
    return OK;
}

static struct err read_outputs(struct plan *p, float **out, size_t *n)
{
    const struct graph *g = plan_graph(p);
    *n = 0;
    for (int i = 0; i < g->n_outputs; i++)
        *n += (size_t)shape_count(g->value[g->output[i].value].shape);
    float *at = *out = malloc((*n + 1) * sizeof *at);
    if (!at)
        return err_fail("out of memory");
    for (int i = 0; i < g->n_outputs; i++) {
        const struct value *v = &g->value[g->output[i].value];
        size_t count = (size_t)shape_count(v->shape);
        bool integer = v->dtype == DTYPE_i32 || v->dtype == DTYPE_u8;
        void *rows = malloc(host_bytes(v));
        struct err e = rows ? plan_read(p, g->output[i].name, rows) : err_fail("out of memory");
        if (!e.code)
            dtype_to_f32(at, rows, integer ? v->dtype : DTYPE_f32, count);
        free(rows);
        TRY(e);
        at += count;
    }
    return OK;
}

static struct err check_guards(const unsigned char *memory, size_t arena)
{
    for (size_t i = 0; i < GUARD; i++) {
        if (memory[i] != 0xff)
            return err_fail("%zu bytes before the arena were overwritten", GUARD - i);
        if (memory[GUARD + arena + i] != 0xff)
            return err_fail("byte %zu after the arena was overwritten", i);
    }
    return OK;
}

static struct err run_plan(struct plan *p, const struct graph_run *how, unsigned char *memory, char *copies,
                           float **out, size_t *n)
{
    struct checkpoint checkpoint = {plan_graph(p), how};
    struct weight_source source = {&checkpoint, checkpoint_find, checkpoint_release, NULL};
    memset(memory, 0xff, plan_memory(p).arena + 2 * GUARD); /* as float32 and as bfloat16: NaN */
    TRY(plan_load(p, &source, NULL, NULL));
    TRY(plan_bind(p, memory + GUARD));
    TRY(visit_inputs(p, how, copies, false));
    TRY(plan_begin(p));
    for (int i = 0; i < (how->steps ? how->steps : 1); i++)
        TRY(plan_step(p));
    TRY(check_guards(memory, plan_memory(p).arena));
    TRY(visit_inputs(p, how, copies, true));
    return read_outputs(p, out, n);
}

struct err graph_run(struct graph *g, const struct graph_run *how, float **out, size_t *n)
{
    const struct backend *b = NULL;
    struct backend_options options = {.threads = how->threads ? how->threads : 1, .force = true};
    struct plan *p = NULL;
    void *state = NULL, *memory = NULL;
    size_t bytes = 1;
    *out = NULL;
    struct err e = backend_find(how->backend, &b);
    if (!e.code)
        e = b->open(&options, &state);
    if (e.code) {
        graph_free(g);
        return e;
    }
    for (value_id v = 0; v < g->n_values; v++)
        bytes += host_bytes(&g->value[v]);
    char *copies = malloc(bytes);
    e = plan_make(g, b, state, &p);
    size_t arena = p ? plan_memory(p).arena + 2 * GUARD : 0;
    if (!e.code)
        e = copies ? b->allocate(state, arena, &memory) : err_fail("out of memory");
    if (!e.code)
        e = run_plan(p, how, memory, copies, out, n);
    if (e.code) {
        free(*out);
        *out = NULL;
    }
    plan_free(p);
    b->release(state, memory, arena);
    b->close(state);
    free(copies);
    return e;
}
