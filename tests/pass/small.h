/* Small graphs for tests of passes, and what is the same for every pass. */
#ifndef SDBENCH_TESTS_PASS_SMALL_H
#define SDBENCH_TESTS_PASS_SMALL_H

#include "pipeline/graph/build.h"
#include "variants/variant.h"

/* What the passes are told here: bfloat16, residual sums as given. */
struct pass_context small_context(bool residual_float32);

/* What CUDA tells them: float16, residual sums and computed biases in it. */
struct pass_context small_context_float16(void);

/* A pass over *g, which it replaces; an unsound result ends the test. */
void small_pass(const char *name, bool residual_float32, struct graph **g);
void small_pass_told(const char *name, struct pass_context c, struct graph **g);

/* Ends the test where a graph's text is not that of the file tests/pass/graphs/FILE; prints the first line that
 * differs. The files were read line by line when they were written; a change in one wants a reason. */
void expect_graph(const struct graph *g, const char *file);

/* Runs a pass on g, which it takes, twice: the second time changes nothing. */
void expect_idempotent(const char *name, bool residual_float32, struct graph *g);

/* All outputs of a graph on the reference backend, malloc'ed, *n of them; takes g. Three steps of a denoising step. */
float *small_run(const char *what, struct graph *g, size_t *n);

/* A transformer's attention between two images: norm, convolution, tokens, products, softmax, back, residual sum.
 * x is (2,4,2,3) and has 2 heads of size 2. */
struct graph *small_attention(void);

/* A ResBlock without names: norm, activation, convolution, time embedding, shortcut, residual sum. x is (2,4,3,5). */
struct graph *small_resnet(void);

/* Values that lie in different orders where they are joined, or where a view is taken: x is (2,2,3,3), y (2,3,4). */
struct graph *small_disorder(void);

/* A gated feed-forward over tokens (1,3,4): slices, GELU, product. */
struct graph *small_feed_forward(void);

/* A denoising step in small: guidance over two branches, a time embedding from a table, attention to a context with heads
 * of size 2, a skip connection. latent is (1,4,3,2), the tables have 3 rows. */
struct graph *small_step(void);

/* An image (2,3,3,2) upsampled to twice its size, and convolved. */
struct graph *small_upsample(void);

#endif
