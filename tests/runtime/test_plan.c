/* Plans: host values in and out, loops in place, hoisting, refusals. On the reference backend. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "pipeline/graph/build.h"
#include "pipeline/runtime/plan.h"
#include "pipeline/runtime/reference/reference.h"

TestSuite(plan);

static void *state;

static struct plan *planned(struct graph *g, void **arena)
{
    struct plan *p = NULL;
    struct weight_source none = {0};
    cr_assert(backend_reference.open(&(struct backend_options){.threads = 1}, &state).code == 0);
    struct err e = plan_make(g, &backend_reference, state, &p);
    cr_assert(e.code == 0, "%s", err_text(e));
    cr_assert(plan_load(p, &none, NULL, NULL).code == 0);
    cr_assert(backend_reference.allocate(state, plan_memory(p).arena, arena).code == 0);
    cr_assert(plan_bind(p, *arena).code == 0);
    return p;
}

static void done(struct plan *p, void *arena)
{
    backend_reference.release(state, arena, plan_memory(p).arena);
    plan_free(p);
    backend_reference.close(state);
}

Test(plan, host_values_pass_through_any_layout_and_dtype)
{
    static const enum dtype types[] = {DTYPE_f32, DTYPE_bf16, DTYPE_f16};
    for (size_t t = 0; t < ARRAY_LEN(types); t++) {
        struct graph *g = graph_new("copy");
        value_id x = graph_input(g, "x", types[t], RATE_RUN, SHAPE(2, 3, 4, 5));
        value_id y = graph_scale(g, "y", x, 1);
        g->value[x].layout = g->value[y].layout = LAYOUT_channels_last;
        g->value[y].dtype = types[t];
        graph_output(g, "y", y);
        void *arena;
        struct plan *p = planned(g, &arena);
        float in[120], out[120], back[120];
        for (int i = 0; i < 120; i++)
            in[i] = (float)(i - 60) / 4; /* exact in all three */
        cr_assert(plan_write(p, "x", in).code == 0);
        cr_assert(plan_begin(p).code == 0 && plan_step(p).code == 0);
        cr_assert(plan_read(p, "y", out).code == 0 && plan_read(p, "x", back).code == 0);
        cr_assert(!memcmp(in, out, sizeof in) && !memcmp(in, back, sizeof in), "%s", dtypes[types[t]].name);
        done(p, arena);
    }
}

/* latent' = a latent + b eps with eps = 2 latent and one slot that keeps the latent; a row of (a, b) a step. */
Test(plan, a_loop_updates_its_states_in_place)
{
    struct graph *g = graph_new("loop");
    struct shape s = SHAPE(1, 1, 2, 2);
    value_id counter = graph_state(g, "counter", DTYPE_i32, SHAPE(1));
    value_id state_of[2] = {graph_state(g, "latent", DTYPE_f32, s), graph_state(g, "slot.0", DTYPE_f32, s)}, next[2];
    value_id table = graph_input(g, "table", DTYPE_f32, RATE_RUN, SHAPE(3, 6));
    value_id row = graph_step_row(g, "row", table, counter);
    value_id eps = graph_scale(g, "eps", state_of[0], 2);
    graph_sampler_update(g, "update", row, eps, 2, state_of, next);
    graph_state_next(g, counter, graph_unary(g, OP_advance, "advance", counter));
    graph_output(g, "latent", next[0]);
    void *arena;
    struct plan *p = planned(g, &arena);
    static const float rows[3][6] = {{1, 1, 0, 1, 0, 0}, {0, 1, 1, 1, 0, 0}, {1, 0, -1, 0, 0, 1}};
    float latent[4] = {1, -2, 3, 0.5f}, slot[4] = {0}, out[4];
    cr_assert(plan_write(p, "table", rows).code == 0 && plan_write(p, "latent", latent).code == 0);
    cr_assert(plan_write(p, "slot.0", slot).code == 0 && plan_write(p, "counter", &(int32_t){0}).code == 0);
    cr_assert(plan_begin(p).code == 0);
    for (int step = 0; step < 3; step++) {
        for (int i = 0; i < 4; i++) {
            const float *c = rows[step];
            float x = latent[i], k = slot[i];
            latent[i] = c[0] * x + c[1] * 2 * x + c[2] * k;
            slot[i] = c[3] * x + c[4] * 2 * x + c[5] * k;
        }
        cr_assert(plan_step(p).code == 0);
        cr_assert(plan_read(p, "latent", out).code == 0);
        cr_assert(!memcmp(out, latent, sizeof out), "step %d", step);
        cr_assert(plan_read(p, "slot.0", out).code == 0);
        cr_assert(!memcmp(out, slot, sizeof out), "slot after step %d", step);
    }
    int32_t count = 0;
    cr_assert(plan_read(p, "counter", &count).code == 0);
    cr_assert_eq(count, 3);
    done(p, arena);
}

/* silu(context) changes once a prompt: hoisted, a step does not see a context written after plan_begin. */
Test(plan, hoisting_by_rate_leaves_the_loop_what_changes_in_it)
{
    for (int hoist = 0; hoist <= 1; hoist++) {
        struct graph *g = graph_new("hoist");
        value_id context = graph_input(g, "context", DTYPE_f32, RATE_RUN, SHAPE(1, 4));
        value_id latent = graph_state(g, "latent", DTYPE_f32, SHAPE(1, 4));
        value_id key = graph_unary(g, OP_silu, "key", context);
        value_id next = graph_binary(g, OP_add, "next", latent, key);
        graph_state_next(g, latent, next);
        graph_output(g, "latent", next);
        void *arena;
        g->hoists_run = hoist;
        struct plan *p = planned(g, &arena);
        float first[4] = {1, 2, 3, 4}, second[4] = {-1, -2, -3, -4}, zero[4] = {0}, out[4];
        cr_assert(plan_write(p, "context", first).code == 0 && plan_write(p, "latent", zero).code == 0);
        cr_assert(plan_begin(p).code == 0);
        cr_assert(plan_write(p, "context", second).code == 0);
        cr_assert(plan_step(p).code == 0 && plan_step(p).code == 0);
        cr_assert(plan_read(p, "latent", out).code == 0);
        for (int i = 0; i < 4; i++) {
            double x = hoist ? first[i] : second[i];
            cr_assert(fabs((double)out[i] - 2 * x / (1 + exp(-x))) < 1e-6, "hoist %d, element %d: %g", hoist, i,
                      (double)out[i]);
        }
        done(p, arena);
    }
}

Test(plan, unknown_names_are_errors)
{
    struct graph *g = graph_new("names");
    value_id x = graph_input(g, "x", DTYPE_f32, RATE_RUN, SHAPE(1, 4));
    graph_output(g, "y", graph_scale(g, "y", x, 2));
    void *arena;
    struct plan *p = planned(g, &arena);
    float v[4] = {0};
    struct err e = plan_write(p, "z", v);
    cr_assert(e.code == ERR_FAILED && strstr(e.text, "no input z"), "%s", err_text(e));
    err_free(&e);
    e = plan_read(p, "z", v);
    cr_assert(e.code == ERR_FAILED && strstr(e.text, "no output z"), "%s", err_text(e));
    err_free(&e);
    done(p, arena);
}

Test(plan, a_mistake_of_the_builder_is_reported_with_its_path)
{
    struct graph *g = graph_new("mistake");
    value_id x = graph_input(g, "x", DTYPE_f32, RATE_RUN, SHAPE(1, 4, 2, 2));
    graph_push(g, "block");
    graph_output(g, "y", graph_group_norm(g, "norm", x, 3, 1e-5));
    graph_pop(g);
    struct plan *p = NULL;
    struct err e = plan_make(g, &backend_reference, NULL, &p);
    cr_assert(e.code == ERR_FAILED && strstr(e.text, "block/norm") && strstr(e.text, "3 equal groups"), "%s", err_text(e));
    err_free(&e);
    cr_assert_null(p);
}

/* Activations whose lives do not overlap share memory; what the host reads stays. */
Test(plan, a_chain_needs_two_buffers_not_eight)
{
    struct graph *g = graph_new("chain");
    value_id x = graph_input(g, "x", DTYPE_f32, RATE_RUN, SHAPE(1, 1000));
    for (int i = 0; i < 8; i++)
        x = graph_unary(g, OP_silu, "silu", x);
    graph_output(g, "y", x);
    void *arena;
    struct plan *p = planned(g, &arena);
    struct plan_memory m = plan_memory(p);
    cr_assert(m.arena - m.scratch < 4 * 4096 && m.activations >= 9 * 4000, "%zu of %zu", m.arena, m.activations);
    done(p, arena);
}
