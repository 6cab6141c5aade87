/* The cases that every backend is compared with the reference on: each is a tiny graph around one operation, with the
 * shapes and the strides that occur in the models, and odd ones. */
#ifndef SDBENCH_TESTS_OP_CASES_H
#define SDBENCH_TESTS_OP_CASES_H

#include "pipeline/graph/graph.h"

#include <stddef.h>

/* What the operands of a case look like, where there is a choice. */
enum form {
    FORM_plain,
    FORM_slices,    /* halves of a tensor twice as wide: GEGLU's */
    FORM_half,      /* the first operand only */
    FORM_pixels,    /* tokens that are a view of an image */
    FORM_channels,  /* the second operand is (1,C,1,1) */
    FORM_per_image, /* ... or (N,C,1,1) */
    FORM_tokens,    /* ... or (T,C) */
    FORM_weight,    /* ... or (T,C) from the checkpoint: positions */
    FORM_bias_row,  /* the bias is (1,C), made by the loop: a time embedding */
};

/* A row of cases.def. An operation uses the fields that it needs; letters as in shape.h. */
struct op_case {
    enum op op;
    const char *label, *mixes; /* dtypes read and written: "ff fb"; f float32, b bfloat16 */
    enum form form;
    int64_t n, c[4], h, w;               /* images; several c: concatenated sources */
    int64_t t, s, heads, d;              /* tokens, keys, heads and their size */
    int64_t width, height, kernel, rows; /* of the result, of tables, number of states */
    struct params params;
    bool no_bias, cast_weight;
    enum layout from, to;   /* of a reorder */
    enum dtype stored;      /* of the weights in the checkpoint */
    enum dtype added;       /* of a residual */
    float scale, shift;     /* of the inputs: run_graph.h */
    bool stepwise;          /* 16 bit also between the steps of an operation: bias, activation, gate (bound.c) */
    enum dtype read, write; /* set by case_at, from a mix */
    char name[96];          /* "conv/stride_2_odd/fb" */
};

/* The rows of cases.def, times their mixes. */
size_t case_count(void);
struct op_case case_at(size_t index);

/* The same with another 16-bit type in place of bfloat16. */
struct op_case case_of_half(size_t index, enum dtype half);

/* The graph of a case, with dtypes and layouts as the passes would set them; its output is "y". */
struct graph *case_build(const struct op_case *c);

/* The result of a case on a backend, as float32 dense rows; *out is malloc'ed. */
struct err case_run(const struct op_case *c, const char *backend_name, int threads, float **out, size_t *n);

/* The largest relative L2 error that a correct kernel with float32 arithmetic may have over n results, with its
 * derivation in bound.c. */
double case_bound(const struct op_case *c, size_t n);

#endif
