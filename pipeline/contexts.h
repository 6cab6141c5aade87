/* Prompts and their contexts: what the text encoder makes of each, once a call.
 *
 *     contexts_want(c, prompt); ...            // all that a call needs
 *     TRY(contexts_encode(c, &warning));       // those that are not known yet, `rows` of the plan at a time
 *     contexts_of(c, prompt)                   // 77 x C floats
 *     contexts_forget(c);                      // the call is over */
#ifndef SDBENCH_CONTEXTS_H
#define SDBENCH_CONTEXTS_H

#include "pipeline/runtime/plan.h"
#include "pipeline/text/tokenizer.h"

struct context_entry {
    char *prompt;
    float *context; /* NULL until it is encoded */
};

struct contexts {
    struct plan *plan; /* of model_text_encoder: `rows` prompts a run */
    const struct tokenizer *tokenizer;
    int64_t rows, width; /* width: C */
    bool keeps_empty;    /* the empty prompt's context, which depends on weights alone, outlives a call */
    struct context_entry *entry;
    size_t count;
};

/* Fails only without memory. */
struct err contexts_want(struct contexts *c, const char *prompt);

/* What is cut off long prompts is added to `warning`. */
struct err contexts_encode(struct contexts *c, struct text *warning);

/* Of a prompt that was wanted and encoded; owned by c until contexts_forget. */
const float *contexts_of(const struct contexts *c, const char *prompt);

/* Frees all but what is kept; contexts_free the rest. */
void contexts_forget(struct contexts *c);
void contexts_free(struct contexts *c);

#endif
