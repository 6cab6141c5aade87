#include "bench/plan/savings.h"

#include "pipeline/model/model.h"
#include "pipeline/preset.h"

const char *const savings_graphs[SAVINGS_GRAPHS] = {"step", "decode"};

static struct graph *step(const struct model_config *c, const struct model_details *d)
{
    const struct denoise_shape s = {.images = 1, .height = 64, .width = 64, .rows = 50, .guided = true, .guidance = 7.5};
    return model_denoise_step(c, d, &s);
}

static struct graph *decode(const struct model_config *c, const struct model_details *d)
{
    return model_decoder(c, d, 1, 64, 64);
}

/* Of what runs every time: load never does, run not where it is hoisted. */
static struct cost repeated_cost(const struct graph *g)
{
    struct cost total = {0};
    for (node_id n = 0; n < g->n_nodes; n++)
        if (g->node[n].rate > RATE_RUN || (g->node[n].rate == RATE_RUN && !g->hoists_run))
            total = cost_sum(total, node_cost(g, &g->node[n]));
    return total;
}

/* One graph on its way through the passes. */
struct watching {
    struct savings *all;
    size_t graph, next;
};

static void saw(void *context, const struct pass *p, const struct graph *before, const struct graph *after)
{
    struct watching *w = context;
    struct cost a = repeated_cost(before), b = repeated_cost(after);
    struct saving *row = &w->all->row[w->next++];
    row->pass = p;
    row->saved[w->graph] =
        (struct cost){a.product_flop - b.product_flop, a.other_flop - b.other_flop, a.bytes - b.bytes};
    if (w->all->count < w->next)
        w->all->count = w->next;
}

struct err savings_make(struct savings *out)
{
    static struct graph *(*const make[SAVINGS_GRAPHS])(const struct model_config *, const struct model_details *) = {
        step, decode};
    const struct pass_context c = {.half = DTYPE_bf16, .residual_float32 = true};
    const struct variant *v = NULL;
    *out = (struct savings){0};
    TRY(variant_find("fused-mixed", &v));
    for (size_t i = 0; i < SAVINGS_GRAPHS; i++) {
        struct watching w = {out, i, 0};
        const struct pass_watch watch = {&w, saw};
        struct graph *g = make[i](model_config_find("sd14"), &presets[0].details);
        struct err e = variant_apply(v, NULL, &c, &g, &watch);
        graph_free(g);
        TRY(e);
    }
    return OK;
}
