/* What `mixed` promises of the whole model, node by node, and that the verifier would see it broken. */
#include <string.h>

#include <criterion/criterion.h>

#include "pipeline/graph/rewrite.h"
#include "pipeline/graph/verify.h"
#include "tests/pass/small.h"
#include "tests/support/model_graphs.h"

static struct graph *make(const struct model_config *c, size_t which)
{
    return model_graph(model_graphs[which], c, 1, 8, 8);
}

static enum dtype read_by(const struct graph *g, const struct node *n)
{
    return node_value(g, n, node_first_activation(n))->dtype;
}

/* NULL where a node keeps the promise, else what it breaks. */
static const char *broken(const struct graph *g, const struct node *n, bool residual_float32)
{
    enum dtype reads = read_by(g, n), makes = node_result(g, n, 0)->dtype;
    bool parameters = node_first_activation(n) == IN_X, product = ops[n->op].kind == KIND_PRODUCT;
    if (n->rate == RATE_RUN && n->op != OP_embedding && n->op != OP_cast) /* a cast serves what the loop reads */
        return (!product || reads == DTYPE_f32) && makes == DTYPE_f32 &&
                       (!parameters || node_value(g, n, IN_WEIGHT)->dtype == DTYPE_f32)
                   ? NULL
                   : "what is computed once a prompt is not float32";
    if (product && reads != DTYPE_bf16)
        return "a product does not read bfloat16";
    if (product && parameters && node_value(g, n, IN_WEIGHT)->dtype != DTYPE_bf16)
        return "a product's weight is not bfloat16";
    if (!product && parameters && node_value(g, n, IN_WEIGHT)->dtype != DTYPE_f32)
        return "a norm's weight is not float32";
    if (parameters && n->input[IN_BIAS] != NO_VALUE && node_value(g, n, IN_BIAS)->dtype != DTYPE_f32)
        return "a bias is not float32";
    if (n->params.residual && residual_float32 && makes != DTYPE_f32)
        return "a residual sum is not stored as float32";
    if (n->op == OP_add && residual_float32 && (reads != DTYPE_f32 || makes != DTYPE_f32))
        return "a residual sum is not float32";
    if (n->op == OP_softmax && reads != DTYPE_f32)
        return "scores are not float32";
    if ((n->op == OP_guidance || n->op == OP_sampler_update || n->op == OP_pixels) && reads != DTYPE_f32)
        return "the sampler or the picture gets less than float32";
    return NULL;
}

static void expect_promises(const struct model_config *c, size_t which, bool fused, bool residual_float32)
{
    struct graph *g = make(c, which);
    for (const struct pass *p = passes; strcmp(p->name, "layout"); p++)
        if (fused || !strcmp(p->name, "cast"))
            small_pass(p->name, residual_float32, &g);
    for (node_id id = 0; id < g->n_nodes; id++) {
        const char *what = broken(g, &g->node[id], residual_float32);
        cr_expect(!what, "%s %s%s, residual %s: %s: %s", c->name, fused ? "fused " : "", model_graphs[which],
                  residual_float32 ? "float32" : "half", g->node[id].path[0], what);
    }
    for (int k = 0; k < g->n_outputs; k++)
        cr_expect(g->value[g->output[k].value].dtype != DTYPE_bf16, "%s: output %s", model_graphs[which],
                  g->output[k].name);
    graph_free(g);
}

Test(pass, cast_promises)
{
    for (const struct model_config *c = model_configs; c->name; c++)
        for (size_t i = 0; i < MODEL_GRAPHS; i++)
            for (int kind = 0; kind < 4; kind++)
                expect_promises(c, i, kind & 1, kind & 2);
}

/* The model has no other conversions than these: each product weight once, at load, and activations that lie in float32
 * before a product. */
Test(pass, cast_converts_once)
{
    for (size_t i = 0; i < MODEL_GRAPHS; i++) {
        struct graph *g = make(test_config("tiny"), i);
        small_pass("cast", true, &g);
        int weights = 0, casts = 0;
        for (node_id id = 0; id < g->n_nodes; id++) {
            const struct node *n = &g->node[id];
            weights += ops[n->op].kind == KIND_PRODUCT && node_first_activation(n) == IN_X && n->rate != RATE_RUN;
            casts += n->op == OP_cast && n->rate == RATE_LOAD;
            for (node_id other = 0; n->op == OP_cast && other < id; other++)
                cr_expect(g->node[other].op != OP_cast || g->node[other].input[0] != n->input[0],
                          "%s: %s is cast twice", model_graphs[i], n->path[0]);
            cr_expect(n->op != OP_cast || graph_uses(g, n->output[0]), "%s: nobody reads %s", model_graphs[i],
                      n->path[0]);
        }
        cr_expect(weights == casts, "%s: %d weights of products, %d casts at load", model_graphs[i], weights, casts);
        graph_free(g);
    }
}

/* Without residual=float32 the sums between ResBlocks are stored in 16 bit; the text encoder's never are. */
Test(pass, cast_residual_parameter)
{
    for (size_t i = 0; i < MODEL_GRAPHS; i++) {
        struct graph *g = make(test_config("tiny"), i);
        small_pass("cast", false, &g);
        int half = 0, sums = 0;
        for (node_id id = 0; id < g->n_nodes; id++) {
            bool sum = g->node[id].op == OP_add;
            sums += sum && g->node[id].rate != RATE_RUN;
            half += sum && node_result(g, &g->node[id], 0)->dtype == DTYPE_bf16;
        }
        cr_expect(half >= sums / 2 && (sums > 0 || !half), "%s: %d of %d sums in 16 bit", model_graphs[i], half, sums);
        graph_free(g);
    }
}

static void expect_refused(const struct graph *g, const char *words)
{
    struct err e = graph_verify_unplaced(g);
    cr_expect(e.code && strstr(err_text(e), words), "\"%s\" expected: %s", words, err_text(e));
    err_free(&e);
}

/* Taking away any one cast is an error of the verifier: nothing is converted behind the profile's back. */
Test(pass, cast_cannot_be_left_out)
{
    for (size_t i = 0; i < MODEL_GRAPHS; i++) {
        struct graph *g = make(test_config("tiny"), i);
        small_pass("cast", true, &g);
        for (node_id cast = 0; cast < g->n_nodes; cast++) {
            if (g->node[cast].op != OP_cast)
                continue;
            value_id made = g->node[cast].output[0], from = g->node[cast].input[0];
            for (node_id id = 0; id < g->n_nodes; id++)
                for (int k = 0; k < g->node[id].n_inputs; k++)
                    if (g->node[id].input[k] == made) {
                        g->node[id].input[k] = from;
                        expect_refused(g, "f32");
                        g->node[id].input[k] = made;
                    }
        }
        struct err e = graph_verify_unplaced(g);
        cr_expect(!e.code, "%s: %s", model_graphs[i], err_text(e));
        graph_free(g);
    }
}

/* As CUDA is told: between its products the whole network is float16, but for what the sampler and the host read, and
 * scores before a softmax of their own. */
static bool may_be_float32(const struct graph *g, const struct node *n)
{
    const char *path = n->path[0];
    bool sampler = !strncmp(path, "sampler/", 8) || n->rate == RATE_STEP; /* and vectors of C numbers */
    bool last = !strcmp(path, "unet/conv_out") || !strcmp(path, "vae/decoder/conv_out") ||
                node_value(g, n, n->n_inputs - 1)->dtype == DTYPE_i32;
    size_t length = strlen(path);
    return sampler || last || (length > 7 && !strcmp(path + length - 7, "/scores"));
}

static void expect_float16(const struct model_config *c, size_t which, bool fused)
{
    struct graph *g = make(c, which);
    int casts_of_biases = 0, half_biases = 0, convolutions = 0;
    for (const struct pass *p = passes; p->name; p++)
        if (fused || !strcmp(p->name, "cast") || !strcmp(p->name, "layout"))
            small_pass_told(p->name, small_context_float16(), &g);
    for (node_id id = 0; id < g->n_nodes; id++) {
        const struct node *n = &g->node[id];
        if (n->rate <= RATE_RUN) {
            casts_of_biases += n->op == OP_cast && n->rate == RATE_RUN && strstr(n->path[0], "add_time_emb/cast");
            continue;
        }
        bool product = ops[n->op].kind == KIND_PRODUCT;
        cr_expect(!product || read_by(g, n) == DTYPE_f16, "%s", n->path[0]);
        cr_expect(node_result(g, n, 0)->dtype != DTYPE_f32 || may_be_float32(g, n), "%s %s: %s makes float32", c->name,
                  model_graphs[which], n->path[0]);
        if (n->op != OP_conv)
            continue;
        const struct value *bias = node_value(g, n, IN_BIAS);
        cr_expect((bias->dtype == DTYPE_f16) == (bias->rate != RATE_LOAD), "%s: bias", n->path[0]);
        half_biases += bias->dtype == DTYPE_f16;
        convolutions++;
    }
    int expected = fused && convolutions && strcmp(model_graphs[which], "decoder") ? 22 : 0; /* ResBlocks */
    cr_expect_eq(half_biases, expected, "%s: %d", model_graphs[which], half_biases);
    bool steps = !strcmp(model_graphs[which], "denoise_step"); /* there the embeddings are a table */
    cr_expect_eq(casts_of_biases, steps ? expected : casts_of_biases, "%s: %d", model_graphs[which], casts_of_biases);
    struct err e = graph_verify(g);
    cr_expect(!e.code, "%s", err_text(e));
    err_free(&e);
    graph_free(g);
}

Test(pass, cast_to_float16)
{
    for (const struct model_config *c = model_configs; c->name; c++)
        for (size_t i = 0; i < MODEL_GRAPHS; i++)
            for (int fused = 0; fused <= 1; fused++)
                expect_float16(c, i, fused);
}
