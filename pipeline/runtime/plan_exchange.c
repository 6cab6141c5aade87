#include <stdlib.h>
#include <string.h>

#include "pipeline/graph/place.h"
#include "pipeline/runtime/plan_private.h"

/* Between dense rows on the host and a value's own order: visits every element with its place in both. */
static void visit(const struct value *x, void (*move)(void *, int64_t row, int64_t at), void *context)
{
    int64_t d[MAX_RANK] = {1, 1, 1, 1}, s[MAX_RANK] = {0}, row = 0;
    for (int i = 0; i < x->shape.rank; i++) {
        d[MAX_RANK - x->shape.rank + i] = x->shape.dim[i];
        s[MAX_RANK - x->shape.rank + i] = x->stride[i];
    }
    for (int64_t a = 0; a < d[0]; a++)
        for (int64_t b = 0; b < d[1]; b++)
            for (int64_t c = 0; c < d[2]; c++)
                for (int64_t e = 0; e < d[3]; e++)
                    move(context, row++, a * s[0] + b * s[1] + c * s[2] + e * s[3]);
}

struct transfer {
    enum dtype dtype;
    char *rows, *stored;
    bool reading;
};

static void transfer_element(void *context, int64_t row, int64_t at)
{
    const struct transfer *t = context;
    size_t bytes = dtypes[t->dtype].bytes;
    char *stored = t->stored + (size_t)at * bytes;
    bool convert = t->dtype == DTYPE_bf16 || t->dtype == DTYPE_f16;
    char *host = t->rows + (size_t)row * (convert ? sizeof(float) : bytes);
    float x;
    if (!convert)
        memcpy(t->reading ? host : stored, t->reading ? stored : host, bytes);
    else if (t->reading) {
        dtype_to_f32(&x, stored, t->dtype, 1);
        memcpy(host, &x, sizeof x);
    } else {
        memcpy(&x, host, sizeof x);
        dtype_from_f32(stored, &x, t->dtype, 1);
    }
}

/* The bytes of a value's whole storage pass through a host buffer, so that this serves devices too. */
static struct err exchange(struct plan *p, value_id v, void *rows, bool reading)
{
    const struct value *x = &p->graph->value[v], *base = &p->graph->value[x->base];
    size_t bytes = (size_t)value_bytes(base);
    char *memory = p->arena + p->span[x->base].offset, *copy = malloc(bytes + 1);
    if (!copy)
        return err_fail("out of memory (%zu bytes)", bytes);
    struct transfer t = {x->dtype, rows, copy + (size_t)x->offset * dtypes[base->dtype].bytes, reading};
    struct err e = reading || !value_is_dense(x) ? p->backend->copy_out(p->state, copy, memory, bytes) : OK;
    if (!e.code)
        visit(x, transfer_element, &t);
    if (!e.code && !reading)
        e = p->backend->copy_in(p->state, memory, copy, bytes);
    free(copy);
    return e;
}

static struct err exchange_told(struct plan *p, const char *name, value_id v, void *rows, bool reading)
{
    struct watch_event e = {.what = WATCH_copy_begin,
                            .plan = p,
                            .name = name,
                            .in = !reading,
                            .bytes = (size_t)value_bytes(&p->graph->value[v])};
    watch_tell(&e);
    struct err error = exchange(p, v, rows, reading);
    e.what = WATCH_copy_end;
    watch_tell(&e);
    return error;
}

struct err plan_write(struct plan *p, const char *name, const void *rows)
{
    value_id v = graph_find(p->graph, name);
    if (v == NO_VALUE || p->graph->value[v].kind == VALUE_WEIGHT)
        return err_fail("graph %s has no input %s", p->graph->name, name);
    return exchange_told(p, name, v, (void *)(uintptr_t)rows, false);
}

struct err plan_read(struct plan *p, const char *name, void *rows)
{
    value_id v = graph_find_output(p->graph, name);
    if (v == NO_VALUE)
        v = graph_find(p->graph, name);
    if (v == NO_VALUE || p->graph->value[v].kind == VALUE_WEIGHT)
        return err_fail("graph %s has no output %s", p->graph->name, name);
    return exchange_told(p, name, v, rows, true);
}
