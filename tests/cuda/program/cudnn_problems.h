/* The convolutions and attentions of the model's real graphs, as the variants' passes leave them: what cuDNN is asked.
 */
#ifndef SDBENCH_TESTS_CUDNN_PROBLEMS_H
#define SDBENCH_TESTS_CUDNN_PROBLEMS_H

#include "pipeline/runtime/cuda/cudnn/dnn.h"

struct problem {
    bool is_conv, causal;
    struct conv_problem conv;
    struct attention_problem attention;
};
struct problems {
    struct problem *all;
    int count, capacity;
};

/* A variant as the command line knows it: "fused-mixed", "standard+tf32". */
struct variant_row {
    const char *name, *variant;
    enum numerics float32; /* of float32 products */
};
extern const struct variant_row variant_rows[]; /* ends with a NULL name */

/* Each distinct problem of a variant, of sd14 at 512x512 in batches of 3 (pictures are decoded one by one or all at
 * once) and of tiny at 64x64. An error ends the program. */
struct problems problems_of(const struct variant_row *row);
void problems_free(struct problems *p);

struct err problem_ask(struct dnn *d, const struct problem *p, struct dnn_graph **out);

/* What problems of one kind share: "attention f16 d40", "conv f16 to f32 bias". out: 128 bytes. */
void problem_pattern(const struct problem *p, char out[128]);

__attribute__((noreturn)) void stop(struct err e);

#endif
