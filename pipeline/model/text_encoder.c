/* CLIP ViT-L/14's text tower: token ids to the context that the UNet attends to.
 *
 * Twelve pre-norm layers; every one of the 77 rows is used, padding included, so nothing is masked but the future. */
#include "pipeline/model/model.h"

#include <math.h>

value_id model_attention(struct graph *g, const struct attention_names *names, value_id x, value_id y, int64_t heads,
                         bool bias, bool causal)
{
    int64_t c = graph_dim(g, x, -1);
    value_id q = graph_linear(g, names->q, x, c, bias);
    value_id k = graph_linear(g, names->k, y, c, bias);
    value_id v = graph_linear(g, names->v, y, c, bias);

    q = graph_scale(g, "scale", q, 1 / sqrt((double)(c / heads)));
    q = graph_split_heads(g, "q_heads", q, heads); /* (N,h,T,D) */
    k = graph_split_heads(g, "k_heads", k, heads); /* (N,h,S,D) */
    v = graph_split_heads(g, "v_heads", v, heads);

    value_id scores = graph_matmul(g, "scores", q, k, true); /* (N,h,T,S) */
    value_id share = graph_softmax(g, "softmax", scores, causal);
    value_id mixed = graph_matmul(g, "mix", share, v, false);
    mixed = graph_unary(g, OP_merge_heads, "merge_heads", mixed); /* (N,T,C) */
    return graph_linear(g, names->out, mixed, c, true);
}

static value_id layer(struct graph *g, const struct model_config *c, value_id x)
{
    static const struct attention_names names = {"q_proj", "k_proj", "v_proj", "out_proj"};
    const double eps = 1e-5;

    value_id y = graph_layer_norm(g, "layer_norm1", x, eps);
    graph_push(g, "self_attn");
    y = model_attention(g, &names, y, y, c->text_heads, true, true);
    graph_pop(g);
    x = graph_binary(g, OP_add, "add1", x, y);

    y = graph_layer_norm(g, "layer_norm2", x, eps);
    graph_push(g, "mlp");
    y = graph_linear(g, "fc1", y, c->text_mlp, true);
    y = graph_unary(g, OP_gelu_quick, "gelu", y);
    y = graph_linear(g, "fc2", y, c->text_width, true);
    graph_pop(g);
    return graph_binary(g, OP_add, "add2", x, y);
}

struct graph *model_text_encoder(const struct model_config *c, int64_t n)
{
    struct graph *g = graph_new("text_encoder");
    value_id ids = graph_input(g, "ids", DTYPE_i32, RATE_RUN, SHAPE(n, TEXT_TOKENS));

    graph_push(g, "text_encoder");
    graph_push(g, "text_model");
    graph_push(g, "embeddings");
    value_id x = graph_embedding(g, "token_embedding", ids, TEXT_VOCABULARY, c->text_width);
    value_id positions = graph_weight(g, "position_embedding", SHAPE(TEXT_TOKENS, c->text_width));
    x = graph_binary(g, OP_add, "add", x, positions);
    graph_pop(g);

    graph_push(g, "encoder");
    for (int i = 0; i < c->text_layers; i++) {
        graph_push(g, "layers.%d", i);
        x = layer(g, c, x);
        graph_pop(g);
    }
    graph_pop(g);
    x = graph_layer_norm(g, "final_layer_norm", x, 1e-5);
    graph_pop(g);
    graph_pop(g);

    graph_output(g, "context", x);
    return g;
}
