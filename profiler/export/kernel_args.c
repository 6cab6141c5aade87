#include "profiler/export/kernel_args.h"

#include <stdlib.h>
#include <string.h>

#include "profiler/export/events.h"

struct err quoted_texts_make(const struct trace *t, struct quoted_texts *out)
{
    *out = (struct quoted_texts){.trace = t, .json = calloc(t->texts ? t->texts : 1, sizeof *out->json)};
    return out->json ? OK : err_fail("out of memory (%u texts of a trace)", t->texts);
}

const char *quoted_text(struct quoted_texts *q, uint32_t text)
{
    if (!q->json[text])
        q->json[text] = events_quote(q->trace->text[text], strlen(q->trace->text[text]));
    q->no_memory |= !q->json[text];
    return q->json[text] ? q->json[text] : "\"\"";
}

void quoted_texts_free(struct quoted_texts *q)
{
    for (uint32_t i = 0; q->json && i < q->trace->texts; i++)
        free(q->json[i]);
    free(q->json);
    *q = (struct quoted_texts){0};
}

/* A member; a comma stands before each but the first. */
static void member(struct text *out, const char *name)
{
    const char last = out->bytes[out->length - 1];
    text_add(out, "%s\"%s\":", last == '{' ? "" : ",", name);
}

static void count(struct text *out, const char *name, uint64_t value)
{
    if (value) {
        member(out, name);
        text_add(out, "%ju", (uintmax_t)value);
    }
}

/* Costs are whole numbers, and below 2^53. */
static void cost(struct text *out, const char *name, double value)
{
    if (value > 0) {
        member(out, name);
        text_add(out, "%.0f", value);
    }
}

static void sizes(struct text *out, const char *name, const uint32_t n[3])
{
    if (n[0]) {
        member(out, name);
        text_add(out, "[%u,%u,%u]", n[0], n[1], n[2]);
    }
}

static void launch_args(struct quoted_texts *q, const struct traced_launch *l, struct text *out)
{
    for (int32_t i = 0; i < l->paths; i++) {
        if (i < 2)
            member(out, i ? "folded" : "layer");
        text_add(out, "%s%s", i < 1 ? "" : i < 2 ? "[" : ",", quoted_text(q, l->path[i]));
    }
    if (l->paths > 1)
        text_add(out, "]");
    member(out, "op");
    text_add(out, "\"%s\"", ops[l->op].name);
    member(out, "dtype");
    text_add(out, "\"%s\"", dtypes[l->dtype].name);
    member(out, "implementation");
    text_add(out, "%s", quoted_text(q, l->implementation));
    cost(out, "product_flop", l->cost.product_flop);
    cost(out, "other_flop", l->cost.other_flop);
    cost(out, "model_bytes", l->cost.bytes);
}

static void shape_args(const struct kernel_shape *s, struct text *out)
{
    sizes(out, "grid", s->grid);
    sizes(out, "block", s->block);
    sizes(out, "cluster", s->cluster);
    count(out, "registers", s->registers);
    count(out, "shared_static_bytes", s->shared_static);
    count(out, "shared_dynamic_bytes", s->shared_dynamic);
    count(out, "local_bytes", s->local);
}

void kernel_args(struct quoted_texts *q, const struct activity *a, struct text *out)
{
    out->length = 0;
    text_add(out, "{");
    if (a->launch >= 0)
        launch_args(q, &q->trace->launch[a->launch], out);
    if (a->shape >= 0)
        shape_args(&q->trace->shape[a->shape], out);
    count(out, "bytes", a->bytes);
    count(out, "correlation", a->correlation);
    member(out, "in_graph");
    text_add(out, "%s}", a->in_graph ? "true" : "false");
}
