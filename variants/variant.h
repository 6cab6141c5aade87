/* Variants and passes: a variant is a list of passes over a graph. */
#ifndef SDBENCH_VARIANTS_VARIANT_H
#define SDBENCH_VARIANTS_VARIANT_H

#include "pipeline/base/text.h"
#include "pipeline/graph/graph.h"

/* What passes may need to know besides the graph. */
struct pass_context {
    enum dtype half;       /* the backend's 16-bit type */
    bool residual_float32; /* residual sums are stored as float32; otherwise in `half` */
};

struct pass {
    const char *name, *summary;
    struct graph *(*run)(const struct graph *from, const struct pass_context *c); /* a new graph */
};
extern const struct pass passes[]; /* in the order in which they run; ends with a NULL name */

struct variant {
    const char *name, *title, *summary;
    bool half;          /* computes products in 16 bit */
    bool hoists_run;    /* computes once a prompt what does not change from step to step */
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

/* Runs a variant's passes on *g, which it replaces, with the verifier after each. Where log is not NULL, each pass's
 * name and the graph after it (or "unchanged") are added to it. On an error *g is the last sound graph. */
struct err variant_apply(const struct variant *v, const struct pass_choice *choice, const struct pass_context *c,
                         struct graph **g, struct text *log);

/* Declared for the table and for tests. */
#define PASS(name, summary) struct graph *pass_##name(const struct graph *from, const struct pass_context *c);
#include "variants/passes.def"
#undef PASS

#endif
