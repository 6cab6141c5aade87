/* The graph: what is computed, as nodes over values.
 *
 * A model file builds it (build.h), passes rewrite it (rewrite.h), a verifier checks it after each pass (verify.h), a
 * plan turns it into launches (runtime/). It knows shapes and rates from the start; dtype and layout are attributes
 * that passes set. Nothing here names a device.
 *
 * Shape letters: N batch, C channels, H W size, T tokens, S context tokens, D head size, h heads. */
#ifndef SDBENCH_GRAPH_GRAPH_H
#define SDBENCH_GRAPH_GRAPH_H

#include "pipeline/base/arena.h"
#include "pipeline/base/dtype.h"
#include "pipeline/base/error.h"
#include "pipeline/base/shape.h"

typedef int32_t value_id;
typedef int32_t node_id;
#define NO_VALUE ((value_id)-1)
#define NO_NODE ((node_id)-1)

enum op {
#define OP(name, kind, inputs, summary) OP_##name,
#include "pipeline/graph/ops.def"
#undef OP
    OP_COUNT
};

enum op_kind {
    KIND_PRODUCT,     /* sums of products: where the FLOP are, and what `mixed` computes in 16 bit */
    KIND_NORM,        /* reads its input to compute statistics, then again */
    KIND_ELEMENTWISE, /* output element i depends on element i of each input */
    KIND_MOVE,        /* copies values to other places */
    KIND_LOAD,        /* makes weights of weights, at rate load only: never a launch (runtime/weights.h) */
    KIND_VIEW,        /* no work: another way to look at the same storage */
};

struct op_info {
    const char *name, *inputs, *summary;
    enum op_kind kind;
};
extern const struct op_info ops[OP_COUNT];

/* How often a value changes, slowest first. A node's rate is the fastest of its inputs'; step_row makes step. */
enum rate {
    RATE_LOAD, /* weights, and what is computed from them alone */
    RATE_RUN,  /* once a prompt: contexts, tables with one row a step */
    RATE_STEP, /* once a step, the same for every image: timestep, sampler coefficients */
    RATE_LOOP, /* latent and sampler state */
    RATE_COUNT
};
extern const char *const rate_names[RATE_COUNT];

/* The order of a value's dimensions in memory. */
enum layout {
    LAYOUT_rows,          /* as its shape says */
    LAYOUT_channels_last, /* (N,C,H,W) stored N,H,W,C */
    LAYOUT_tokens_first,  /* (N,h,T,D) stored N,T,h,D */
    LAYOUT_COUNT
};
extern const char *const layout_names[LAYOUT_COUNT];

enum value_kind {
    VALUE_RESULT, /* of a node */
    VALUE_WEIGHT, /* from the checkpoint, by its name */
    VALUE_INPUT,  /* written by the host before a run */
    VALUE_STATE,  /* carried from step to step: `next` becomes its value, in place */
};

struct value {
    const char *name; /* weight: the checkpoint's; input and state: theirs; result: the path of its node */
    enum value_kind kind;
    struct shape shape;
    enum dtype dtype;
    enum layout layout;
    enum rate rate;
    node_id producer; /* NO_NODE unless a result */
    value_id next;    /* of a state */
    /* Set by graph_place (place.h): where it lies. A value is storage (base is itself) or a view of another. */
    value_id base;
    int64_t offset, stride[MAX_RANK]; /* in elements, of base's storage */
};

enum { MAX_INPUTS = 8, MAX_OUTPUTS = 5, IN_WEIGHT = 0, IN_BIAS = 1, IN_X = 2 /* of conv, linear and norms */ };

/* Parameters of all operations; those an operation does not use are 0. Fields are listed again in print.c. */
struct params {
    int64_t stride, pad[4] /* top, left, bottom, right */, groups, heads, times, begin, end, height, width;
    int64_t activation; /* an elementwise enum op that is applied to the result; 0: none */
    double eps, factor;
    bool causal, transpose, rounded, residual /* the last input is added to the result */;
};

struct node {
    enum op op;
    enum rate rate;
    int n_inputs, n_outputs, n_paths;
    value_id input[MAX_INPUTS], output[MAX_OUTPUTS];
    struct params params;
    const char **path; /* model paths: its own first, then those that a rewrite folded into it */
};

struct graph_output {
    const char *name;
    value_id value;
};

struct graph {
    const char *name;
    struct arena arena; /* names, paths, outputs */
    struct value *value;
    struct node *node; /* in an order that computes inputs before they are read */
    struct graph_output *output;
    int n_values, n_nodes, n_outputs;
    int capacity_values, capacity_nodes, capacity_outputs;
    bool hoists_run;  /* nodes of rate run are computed once a prompt; otherwise anew in every step */
    bool captured;    /* a plan may record its launches and replay them as one */
    char scope[256];  /* the builder's: path of the block being built */
    struct err error; /* the builder's first error: it builds on, and graph_verify reports it */
};

struct graph *graph_new(const char *name);
void graph_free(struct graph *g);

/* Appends a value with all else zero or none, or a node (inputs and params set by the caller; shapes and rate of its
 * outputs by the rules). Used by build.c and rewrite.c; a node that breaks a rule sets g->error. */
value_id graph_add_value(struct graph *g, enum value_kind kind, const char *name, enum dtype dtype, struct shape shape,
                         enum rate rate);
node_id graph_add_node(struct graph *g, const struct node *n, enum dtype dtype);

/* Bytes of a value's elements. */
int64_t value_bytes(const struct value *v);

/* The value of an input, state or weight of that name; NO_VALUE where there is none. */
value_id graph_find(const struct graph *g, const char *name);
value_id graph_find_output(const struct graph *g, const char *name);

/* The last result computed inside a scope such as "unet/down_blocks.0", or NO_VALUE: a stage's output, for taps. */
value_id graph_scope_output(const struct graph *g, const char *scope);

/* Where inputs of an operation are layer parameters (weight, bias), the index of the first that is not. */
int node_first_activation(const struct node *n);

/* Sources of a product or norm: inputs from node_first_activation up to here; a residual follows. */
static inline int node_sources_end(const struct node *n)
{
    return n->n_inputs - n->params.residual;
}

static inline const struct value *node_value(const struct graph *g, const struct node *n, int input)
{
    return &g->value[n->input[input]];
}

static inline const struct value *node_result(const struct graph *g, const struct node *n, int output)
{
    return &g->value[n->output[output]];
}

#endif
