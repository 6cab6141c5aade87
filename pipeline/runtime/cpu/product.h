/* Products with weights: what conv, linear and geglu share.
 *
 * A node is a list of oneDNN primitives, its parts: each multiplies some channels of one source by their slice of the
 * weights, packed in the layout that the primitive asked for, and all but the first add to the result. Several sources
 * are several parts, and so are sums that are too long for float32: the library adds up a whole row of products in one
 * register, whose rounding error grows with the square root of the length; added up in pieces it stays small.
 *
 * Activation and residual are the last part's epilogue. Where the library cannot do that fast, or the sums do not lie
 * as the result does, they go to scratch memory and a pass of our own finishes them. */
#ifndef SDBENCH_CPU_PRODUCT_H
#define SDBENCH_CPU_PRODUCT_H

#include "pipeline/runtime/cpu/finish.h"
#include "pipeline/runtime/cpu/kernels.h"

struct product_part {
    struct primitive primitive;
    struct primitive arrange; /* where images are computed in blocks: copies the source into them; else all zero */
    struct tensor plain;      /* its weights in the checkpoint: dimensions as the primitive's, strides as stored */
    int64_t first;            /* element of the checkpoint's tensor where they begin */
    int source;
    int64_t channel;  /* of the source, the first that it reads */
    int64_t bias;     /* of the bias, the first element that it reads */
    bool to_factor;   /* its result is the factor of a gated product, in scratch memory */
    size_t packed_at; /* in the kernel's weight memory */
};

struct product {
    value_id weight, bias;   /* bias may be NO_VALUE */
    bool bias_loaded;        /* else it is an input of the launch */
    size_t bias_at, element; /* element: bytes of one of a source's */
    int residual;            /* index of that input, or 0 */
    int parts;
    struct product_part *part;
    struct finish finish;
    size_t x_at, sums_at, factor_at; /* in the scratch memory: of arranged sources, of sums to finish, of a factor */
    size_t weight_bytes, scratch_bytes;
};

/* An empty product in out->own; out->class ends it. */
struct err product_make(const struct site *s, struct kernel *out);

/* The same inside another kernel: *k is zeroed memory, ended by product_clear. product_pack takes the node's weight, as
 * loader_get gives it, and packs the parts and the bias; bind and run are as in struct kernel_class. */
void product_begin(const struct site *s, struct product *k);
struct err product_pack(const struct product *k, const struct loader *loader, const struct host_tensor *weight,
                        void *weights);
struct err product_bind(void *k, const struct binding *b);
struct err product_run(void *k);

/* Forgets all parts: another way is tried. */
void product_clear(struct product *k);

/* One more part, all zero but for its source; the memory is the product's. */
struct err product_add(struct product *k, int source, struct product_part **out);

/* One product of matrices, as parts: y = epilogue(x w + b). x (M,K), w (K,N) as stored in the checkpoint from element
 * `first`, y (M,N). In float32, K in pieces. The first part takes the bias from element `bias`, the last the epilogue. */
struct matrices {
    int source;
    struct tensor x, w, y;
    int64_t first, bias;
    bool has_bias, accumulate; /* accumulate: to what earlier parts left in y */
    struct epilogue epilogue;
    bool to_factor;
};
struct err product_add_matrices(const struct site *s, struct product *k, const struct matrices *m);

/* Whether every part has a kernel that is worth running. */
bool product_is_real(const struct product *k);

/* After the primitives of all parts are made: sizes and places; refuses reference loops. product_finish tells the kernel,
 * whose product this is, and gives it a name. */
struct err product_place(const struct site *s, struct product *k);
struct err product_finish(const struct site *s, struct kernel *out);

/* What oneDNN's description of a value is, all dimensions as they are. */
struct tensor tensor_of(const struct value *v);

/* Whether images lie channels last, without gaps. */
bool is_dense_image(const struct value *v);

/* A value as a matrix: all dimensions but the last (images: but the channels) as one. `what` names it in an error. */
struct err tensor_matrix(const struct value *v, const char *what, struct tensor *out);

/* The bias as a tensor of that shape, float32 and dense. */
struct tensor tensor_bias(int rank, int64_t channels);

#endif
