/* Building a graph: the vocabulary of the model files.
 *
 * Each function appends a node and returns its value. A layer (conv, linear, norms, embedding) takes a name; its weights
 * are those of the checkpoint under the current scope: inside graph_push(g, "unet"), graph_push(g, "conv_in") has
 * weights "unet/conv_in.weight" and ".bias", and path "unet/conv_in". Other operations take their name for the path.
 *
 * Mistakes do not end the building: the first is kept in g->error and graph_verify returns it. C does not order
 * arguments, so write at most one builder call in an argument list: node numbers would depend on the compiler. */
#ifndef SDBENCH_GRAPH_BUILD_H
#define SDBENCH_GRAPH_BUILD_H

#include "pipeline/graph/graph.h"

/* The scope: graph_push(g, "resnets.%d", i) ... graph_pop(g). */
__attribute__((format(printf, 2, 3))) void graph_push(struct graph *g, const char *format, ...);
void graph_pop(struct graph *g);

value_id graph_input(struct graph *g, const char *name, enum dtype dtype, enum rate rate, struct shape shape);
value_id graph_state(struct graph *g, const char *name, enum dtype dtype, struct shape shape);
void graph_state_next(struct graph *g, value_id state, value_id next);
void graph_output(struct graph *g, const char *name, value_id v);

/* Size of dimension i; from the back where i is negative. */
int64_t graph_dim(const struct graph *g, value_id v, int i);

/* Layers. conv: x (N,C,H,W) to (N,channels,H',W'), square kernel, the same pad on all sides. linear: x (...,C) to
 * (...,width). Norms keep the shape. embedding: ids (N,T) to (N,T,width). */
value_id graph_conv(struct graph *g, const char *name, value_id x, int64_t channels, int kernel, int stride, int pad);
value_id graph_linear(struct graph *g, const char *name, value_id x, int64_t width, bool bias);
value_id graph_group_norm(struct graph *g, const char *name, value_id x, int64_t groups, double eps);
value_id graph_layer_norm(struct graph *g, const char *name, value_id x, double eps);
value_id graph_embedding(struct graph *g, const char *name, value_id ids, int64_t rows, int64_t width);

/* The rows 0.. of a table in the checkpoint, as a value (T,width): CLIP's positions. */
value_id graph_weight(struct graph *g, const char *name, struct shape shape);

/* a (N,h,T,K) times b (N,h,K,S), or b (N,h,S,K) transposed. */
value_id graph_matmul(struct graph *g, const char *name, value_id a, value_id b, bool transpose_b);
value_id graph_softmax(struct graph *g, const char *name, value_id x, bool causal);
value_id graph_unary(struct graph *g, enum op op, const char *name, value_id x); /* silu, gelu_*, merge_heads, ... */
value_id graph_binary(struct graph *g, enum op op, const char *name, value_id a, value_id b); /* add, mul, concat */
value_id graph_scale(struct graph *g, const char *name, value_id x, double factor);
value_id graph_repeat(struct graph *g, const char *name, value_id x, int64_t times);
value_id graph_upsample(struct graph *g, const char *name, value_id x, int64_t height, int64_t width);
value_id graph_guidance(struct graph *g, const char *name, value_id eps, double factor);
value_id graph_step_row(struct graph *g, const char *name, value_id table, value_id counter);
value_id graph_pixels(struct graph *g, const char *name, value_id image, bool rounded);

/* state[0] is the latent, the rest slots; next[i] becomes the value of state[i]. coefficients is (1, states * (states + 1)):
 * for each next state the factors of latent, eps and slots, in this order. */
void graph_sampler_update(struct graph *g, const char *name, value_id coefficients, value_id eps, int states,
                          const value_id state[], value_id next[]);

/* Views. */
value_id graph_slice(struct graph *g, const char *name, value_id x, int64_t begin, int64_t end);
value_id graph_image(struct graph *g, const char *name, value_id x, int64_t height, int64_t width);
value_id graph_split_heads(struct graph *g, const char *name, value_id x, int64_t heads);

#endif
