/* Products with weights: what conv and linear share.
 *
 * A node is a list of oneDNN primitives, its parts: each multiplies some channels of one source by their slice of the
 * weights, packed in the layout that the primitive asked for, and all but the first add to the result. Several sources
 * are several parts, and so are sums that are too long for float32: the library adds up a whole row of products in one
 * register, whose rounding error grows with the square root of the length; added up in pieces it stays small. */
#ifndef SDBENCH_CPU_PRODUCT_H
#define SDBENCH_CPU_PRODUCT_H

#include "pipeline/runtime/cpu/kernels.h"

struct product_part {
    struct primitive primitive;
    struct primitive arrange; /* where images are computed in blocks: copies the source into them; else all zero */
    struct tensor plain;      /* its weights in the checkpoint: dimensions as the primitive's, strides as stored */
    int64_t first;            /* element of the checkpoint's tensor where they begin */
    int source;
    int64_t channel;  /* of the source, the first that it reads */
    size_t packed_at; /* in the kernel's weight memory */
};

struct product {
    value_id weight, bias;   /* bias may be NO_VALUE */
    size_t bias_at, element; /* element: bytes of one of a source's */
    int parts;
    struct product_part *part;
    struct primitive restore; /* where the result is computed elsewhere than it belongs: copies it; else all zero */
    size_t x_at, y_at;        /* in the scratch memory: of arranged sources, and of a result to restore */
};

/* An empty product in out->own; out->class ends it. */
struct err product_make(const struct site *s, struct kernel *out);

/* One more part, all zero but for its source; the memory is the product's. */
struct err product_add(struct product *k, int source, struct product_part **out);

/* Where the result is 16-bit and several parts add to it, *y becomes a float32 tensor of its own, to be restored: each
 * part would round otherwise. */
struct err product_widen(const struct site *s, struct product *k, struct tensor *y);

/* y = x w + b of matrices, as parts that read `source`: x (M,K), w (K,N) as stored in the checkpoint from element
 * `first`, y (M,N); b is NULL or (1,N). In float32, K in pieces. The first of all parts takes the bias. */
struct err product_add_matrices(const struct site *s, struct product *k, int source, const struct tensor *x,
                                const struct tensor *w, int64_t first, const struct tensor *b, const struct tensor *y);

/* After the primitives of all parts are made: sizes, places and the kernel's name. Refuses reference loops. Ends the
 * kernel on an error. */
struct err product_finish(const struct site *s, struct kernel *out);

/* What oneDNN's description of a value is, all dimensions as they are. */
struct tensor tensor_of(const struct value *v);

/* The bias as a tensor of that shape, float32 and dense. */
struct tensor tensor_bias(int rank, int64_t channels);

/* ERR where the library has nothing but a reference loop for this. */
struct err refuse_reference(const struct primitive *p);

#endif
