#include "tests/cuda/program/cudnn_problems.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/graph/place.h"
#include "pipeline/model/model.h"
#include "pipeline/preset.h"
#include "variants/variant.h"

const struct variant_row variant_rows[] = {
    {"standard", "standard", NUMERICS_ieee},
    {"standard+tf32", "standard", NUMERICS_tf32},
    {"mixed", "mixed", NUMERICS_ieee},
    {"fused", "fused", NUMERICS_ieee},
    {"fused+tf32", "fused", NUMERICS_tf32},
    {"fused-mixed", "fused-mixed", NUMERICS_ieee},
    {0},
};

void stop(struct err e)
{
    fprintf(stderr, "cudnn-plans: %s\n", err_text(e));
    exit(e.code);
}

static void add(struct problems *to, const struct problem *p)
{
    for (int i = 0; i < to->count; i++)
        if (!memcmp(&to->all[i], p, sizeof *p))
            return;
    if (to->count == to->capacity) {
        to->capacity = to->capacity ? 2 * to->capacity : 64;
        to->all = realloc(to->all, (size_t)to->capacity * sizeof *to->all);
        if (!to->all)
            stop(err_fail("out of memory"));
    }
    to->all[to->count++] = *p;
}

void problems_free(struct problems *p)
{
    free(p->all);
    *p = (struct problems){0};
}

static enum numerics numerics_of(const struct variant_row *row, enum dtype read)
{
    return read == DTYPE_f32 ? row->float32 : NUMERICS_half;
}

/* Several sources are several convolutions, each but the first with the sum so far as its residual; the last one has
 * the layer's bias. */
static void add_conv(struct problems *to, const struct variant_row *row, const struct graph *g, const struct node *n)
{
    const struct shape *w = &node_value(g, n, IN_WEIGHT)->shape, *y = &node_result(g, n, 0)->shape;
    const int end = node_sources_end(n);
    for (int i = IN_X; i < end; i++) {
        const struct value *x = node_value(g, n, i);
        struct problem p;
        memset(&p, 0, sizeof p); /* compared as bytes */
        p.is_conv = true;
        p.conv.n = x->shape.dim[0];
        p.conv.c = x->shape.dim[1];
        p.conv.h = x->shape.dim[2];
        p.conv.w = x->shape.dim[3];
        p.conv.k = w->dim[0];
        p.conv.r = w->dim[2];
        p.conv.s = w->dim[3];
        p.conv.stride = n->op == OP_conv ? n->params.stride : 1;
        for (int side = 0; side < 4; side++)
            p.conv.pad[side] = n->op == OP_conv ? n->params.pad[side] : 1;
        p.conv.read = x->dtype;
        p.conv.write = node_result(g, n, 0)->dtype;
        p.conv.bias = n->input[IN_BIAS] != NO_VALUE && i + 1 == end;
        p.conv.residual = i > IN_X || (n->params.residual && i + 1 == end);
        p.conv.numerics = numerics_of(row, x->dtype);
        if (n->op == OP_subpixel_conv && (w->dim[0] != 4 * y->dim[1] || w->dim[2] != 2))
            stop(err_fail("%s: not the weights of four 2x2 convolutions", n->path[0]));
        add(to, &p);
    }
}

static void copy_strides(int64_t to[3], const struct value *v)
{
    memcpy(to, v->stride, 3 * sizeof *to);
    if (v->stride[3] != 1)
        stop(err_fail("%s: a head's values do not lie side by side", v->name));
}

static void add_attention(struct problems *to, const struct variant_row *row, const struct graph *g,
                          const struct node *n)
{
    const struct value *q = node_value(g, n, 0), *k = node_value(g, n, 1), *v = node_value(g, n, 2);
    struct problem p;
    memset(&p, 0, sizeof p);
    p.causal = n->params.causal;
    p.attention.n = q->shape.dim[0];
    p.attention.heads = q->shape.dim[1];
    p.attention.t = q->shape.dim[2];
    p.attention.s = k->shape.dim[2];
    p.attention.d = q->shape.dim[3];
    p.attention.read = q->dtype;
    p.attention.numerics = numerics_of(row, q->dtype);
    copy_strides(p.attention.q, q);
    copy_strides(p.attention.k, k);
    copy_strides(p.attention.v, v);
    copy_strides(p.attention.y, node_result(g, n, 0));
    add(to, &p);
}

static void add_graph(struct problems *to, const struct variant_row *row, struct graph *g)
{
    static const struct pass_context context = {.half = DTYPE_f16};
    const struct variant *v;
    struct err e = variant_find(row->variant, &v);
    if (!e.code)
        e = variant_apply(v, NULL, &context, &g, NULL);
    if (!e.code)
        e = graph_place(g);
    if (e.code)
        stop(e);
    for (node_id i = 0; i < g->n_nodes; i++)
        if (g->node[i].op == OP_conv || g->node[i].op == OP_subpixel_conv)
            add_conv(to, row, g, &g->node[i]);
        else if (g->node[i].op == OP_attention)
            add_attention(to, row, g, &g->node[i]);
    graph_free(g);
}

struct problems problems_of(const struct variant_row *row)
{
    static const struct {
        const char *model;
        int64_t images, latent;
    } sizes[] = {{"sd14", 3, 64}, {"tiny", 1, 8}};
    const struct model_details *d = &presets[0].details;
    struct problems all = {0};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        const struct model_config *c = model_config_find(sizes[i].model);
        const int64_t images = sizes[i].images, size = sizes[i].latent;
        const struct denoise_shape step = {
            .images = images, .height = size, .width = size, .rows = 50, .guided = true, .guidance = 7.5};
        add_graph(&all, row, model_text_encoder(c, images));
        add_graph(&all, row, model_denoise_step(c, d, &step));
        add_graph(&all, row, model_decoder(c, d, images, size, size));
        if (images > 1)
            add_graph(&all, row, model_decoder(c, d, 1, size, size));
    }
    return all;
}

struct err problem_ask(struct dnn *d, const struct problem *p, struct dnn_graph **out)
{
    if (p->causal)
        return err_make(ERR_ABSENT, "causal attention is our own kernel's");
    return p->is_conv ? dnn_conv(d, &p->conv, out) : dnn_attention(d, &p->attention, out);
}

void problem_pattern(const struct problem *p, char out[128])
{
    const struct conv_problem *c = &p->conv;
    if (p->is_conv)
        snprintf(out, 128, "conv %s to %s%s%s %s", dtypes[c->read].name, dtypes[c->write].name,
                 c->residual ? " residual" : "", c->bias ? " bias" : "", numerics_names[c->numerics]);
    else
        snprintf(out, 128, "%sattention %s d%d", p->causal ? "causal " : "", dtypes[p->attention.read].name,
                 (int)p->attention.d);
}
