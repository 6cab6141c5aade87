#include "pipeline/contexts.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/model/config.h"

static struct context_entry *find(const struct contexts *c, const char *prompt)
{
    for (size_t i = 0; i < c->count; i++)
        if (!strcmp(c->entry[i].prompt, prompt))
            return &c->entry[i];
    return NULL;
}

struct err contexts_want(struct contexts *c, const char *prompt)
{
    if (find(c, prompt))
        return OK;
    struct context_entry *more = realloc(c->entry, (c->count + 1) * sizeof *more);
    if (more)
        c->entry = more;
    char *copy = more ? strdup(prompt) : NULL;
    if (!copy)
        return err_fail("out of memory for a prompt");
    c->entry[c->count++] = (struct context_entry){copy, NULL};
    return OK;
}

static struct err tokenize(const struct contexts *c, const char *prompt, struct text *warning, int32_t *ids)
{
    char *cut = NULL;
    TRY(tokenizer_context(c->tokenizer, prompt, ids, &cut));
    if (cut)
        text_add(warning, "%scut at 77 tokens, left out: \"%s\"", warning->length ? "; " : "", cut);
    free(cut);
    return OK;
}

/* One run of the plan on `count` entries; rows past them repeat the last. */
static struct err encode(struct contexts *c, struct context_entry *const entry[], int64_t count, struct text *warning,
                         int32_t *ids, float *out)
{
    size_t one = TEXT_TOKENS * (size_t)c->width;
    for (int64_t i = 0; i < c->rows; i++)
        if (i < count)
            TRY(tokenize(c, entry[i]->prompt, warning, ids + i * TEXT_TOKENS));
        else
            memcpy(ids + i * TEXT_TOKENS, ids + (count - 1) * TEXT_TOKENS, TEXT_TOKENS * sizeof *ids);
    TRY(plan_write(c->plan, "ids", ids));
    TRY(plan_begin(c->plan));
    TRY(plan_step(c->plan));
    TRY(plan_read(c->plan, "context", out));
    for (int64_t i = 0; i < count; i++) {
        entry[i]->context = malloc(one * sizeof *out);
        if (!entry[i]->context)
            return err_fail("out of memory for a context");
        memcpy(entry[i]->context, out + (size_t)i * one, one * sizeof *out);
    }
    return OK;
}

struct err contexts_encode(struct contexts *c, struct text *warning)
{
    size_t rows = (size_t)c->rows, one = TEXT_TOKENS * (size_t)c->width;
    int32_t *ids = malloc(rows * TEXT_TOKENS * sizeof *ids);
    float *out = malloc(rows * one * sizeof *out);
    struct context_entry **waiting = malloc(rows * sizeof *waiting);
    struct err e = ids && out && waiting ? OK : err_fail("out of memory for contexts");
    int64_t count = 0;
    for (size_t i = 0; i < c->count && !e.code; i++) {
        if (!c->entry[i].context)
            waiting[count++] = &c->entry[i];
        if (count == c->rows || (count && i + 1 == c->count)) {
            e = encode(c, waiting, count, warning, ids, out);
            count = 0;
        }
    }
    free(ids);
    free(out);
    free(waiting);
    return e;
}

const float *contexts_of(const struct contexts *c, const char *prompt)
{
    const struct context_entry *e = find(c, prompt);
    return e ? e->context : NULL;
}

static void forget(struct contexts *c, bool keeps_empty)
{
    size_t kept = 0;
    for (size_t i = 0; i < c->count; i++) {
        struct context_entry *e = &c->entry[i];
        if (keeps_empty && e->context && !*e->prompt) {
            c->entry[kept++] = *e;
            continue;
        }
        free(e->prompt);
        free(e->context);
    }
    c->count = kept;
}

void contexts_forget(struct contexts *c)
{
    forget(c, c->keeps_empty);
}

void contexts_free(struct contexts *c)
{
    forget(c, false);
    free(c->entry);
    *c = (struct contexts){0};
}
