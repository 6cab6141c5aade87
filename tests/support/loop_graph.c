#include "tests/support/loop_graph.h"

#include "pipeline/graph/build.h"

struct graph *loop_graph(int64_t rows, int64_t columns, bool captured)
{
    struct graph *g = graph_new("loop");
    value_id context = graph_input(g, "context", DTYPE_f32, RATE_RUN, SHAPE(rows, columns));
    value_id latent = graph_state(g, "latent", DTYPE_f32, SHAPE(rows, columns));
    value_id key = graph_unary(g, OP_silu, "key", context);
    value_id next = graph_binary(g, OP_add, "next", graph_binary(g, OP_mul, "product", latent, key), key);
    graph_state_next(g, latent, next);
    graph_output(g, "latent", next);
    g->hoists_run = true;
    g->captured = captured;
    return g;
}
