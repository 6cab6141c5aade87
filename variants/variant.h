/* Variants and passes: a variant is a list of passes over a graph. */
#ifndef SDBENCH_VARIANTS_VARIANT_H
#define SDBENCH_VARIANTS_VARIANT_H

#include "pipeline/base/text.h"
#include "pipeline/graph/graph.h"

/* What passes may need to know besides the graph: of the backend. */
struct pass_context {
    enum dtype half;       /* its 16-bit type */
    bool residual_float32; /* residual sums are stored as float32, with or without the pass of that name; otherwise in `half` */
    bool bias_half;        /* 16-bit convolutions read a bias that is computed (time_bias) in `half`; otherwise as float32 */
};

struct pass {
    const char *name, *pays, *summary; /* pays: backends that were measured to gain, with spaces between */
    struct graph *(*run)(const struct graph *from, const struct pass_context *c); /* a new graph */
};
extern const struct pass passes[]; /* in the order in which they run; ends with a NULL name */

struct variant {
    const char *name, *title, *summary;
    bool half;          /* computes products in 16 bit */
    bool tf32;          /* products of float32 values in TF32 */
    const char *passes; /* names with spaces between */
};
extern const struct variant variants[]; /* ends with a NULL name */

/* An unknown name is an error with the nearest one. */
struct err variant_find(const char *name, const struct variant **out);

/* Passes to leave out and to add, by name, comma-separated; NULL for none. */
struct pass_choice {
    const char *without, *with;
};

/* Checks the names in a choice. */
struct err pass_choice_check(const struct pass_choice *choice);

/* Whether a variant with this choice runs a pass: for what a pass does around the graph. choice may be NULL. */
bool variant_runs(const struct variant *v, const struct pass_choice *choice, const char *pass);

/* Who wants to see the graph after each pass. */
struct pass_watch {
    void *context;
    void (*saw)(void *context, const struct pass *p, const struct graph *before, const struct graph *after);
};

/* Runs a variant's passes on *g, which it replaces, with the verifier after each. watch may be NULL. On an error *g is
 * the last sound graph. */
struct err variant_apply(const struct variant *v, const struct pass_choice *choice, const struct pass_context *c,
                         struct graph **g, const struct pass_watch *watch);

/* A watch that adds each pass's name and the graph after it (or "unchanged") to a text, its context. */
void pass_log(void *context, const struct pass *p, const struct graph *before, const struct graph *after);

/* Declared for the table and for tests. */
#define PASS(name, pays, summary) struct graph *pass_##name(const struct graph *from, const struct pass_context *c);
#include "variants/passes.def"
#undef PASS

#endif
