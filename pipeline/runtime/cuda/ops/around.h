/* What is done around a library's product: operands brought into the form that it takes, and what it cannot do itself.
 */
#ifndef SDBENCH_CUDA_AROUND_H
#define SDBENCH_CUDA_AROUND_H

#include "pipeline/runtime/cuda/ops/operand.h"
#include "pipeline/runtime/cuda/ops/parameters.h"

/* Copies of inputs into scratch. */
struct gather {
    int count;
    struct gathered {
        struct map map;
        int input;
        size_t at; /* byte of scratch */
    } item[MAX_INPUTS];
};

/* The sources of a layer as one dense operand of type `dtype` at byte `at` of scratch, concatenated on channels:
 * channels-last images, or rows. Returns its bytes; 0 where the only source lies so already and needs no copy. */
size_t gather_sources(struct gather *g, const struct site *s, enum dtype dtype, size_t at);

/* Any one input, densely in the order of its shape. */
void gather_input(struct gather *g, const struct site *s, int input, enum dtype dtype, size_t at);

struct err gather_run(const struct gather *g, const struct cuda *c, const struct binding *b);

/* activation(product) + residual, into the result. */
struct finish {
    bool wanted;
    int residual; /* its input, or -1 */
    bool in_place;
    struct map map;
};

/* For a product whose result is a node's: `made` is the type that the library writes; adds: it has added the residual.
 * The product then goes to scratch, in the result's own order, where !in_place. */
struct finish finish_make(const struct site *s, enum dtype made, bool adds);
struct err finish_run(const struct finish *f, const struct cuda *c, const struct binding *b, const void *product);

/* A layer's bias: packed, or made in the loop and then an input. */
struct bias {
    int parameter, input; /* the other one, or both, is -1 */
    bool gathered;        /* its type differs from what the library takes: converted in scratch */
    size_t at;
};
struct bias bias_make(const struct site *s, struct parameters *p, struct gather *g, enum dtype dtype, size_t *scratch);
void *bias_address(const struct bias *bias, const struct parameters *p, const struct binding *b);

#endif
