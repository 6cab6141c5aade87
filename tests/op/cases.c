#include "tests/op/cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/op/run_graph.h"

static const struct op_case rows[] = {
#define CASE(operation, label_, mixes_, ...) {.op = OP_##operation, .label = #label_, .mixes = mixes_, __VA_ARGS__},
#include "tests/op/cases.def"
#undef CASE
};

/* "ff fb": two letters and a space each. */
static size_t mixes(const struct op_case *c)
{
    return (strlen(c->mixes) + 1) / 3;
}

size_t case_count(void)
{
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        count += mixes(&rows[i]);
    return count;
}

static enum dtype dtype_of(char letter)
{
    return letter == 'b' ? DTYPE_bf16 : letter == 'h' ? DTYPE_f16 : DTYPE_f32;
}

struct op_case case_at(size_t index)
{
    const struct op_case *row = rows;
    for (; index >= mixes(row); row++)
        index -= mixes(row);
    const char *mix = row->mixes + 3 * index;
    struct op_case c = *row;
    c.read = dtype_of(mix[0]);
    c.write = dtype_of(mix[1]);
    snprintf(c.name, sizeof c.name, "%s/%s/%.2s", ops[c.op].name, c.label, mix);
    return c;
}

struct op_case case_of_half(size_t index, enum dtype half)
{
    struct op_case c = case_at(index);
    enum dtype *const types[] = {&c.read, &c.write, &c.added};
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (*types[i] == DTYPE_bf16)
            *types[i] = half;
    return c;
}

struct err case_run(const struct op_case *c, const char *backend_name, int threads, float **out, size_t *n)
{
    size_t count = (size_t)(c->n * c->t) + 1;
    int32_t counter = (int32_t)c->t, *ids = malloc(count * sizeof *ids);
    *out = NULL;
    if (!ids)
        return err_fail("out of memory");
    for (size_t i = 0; i < count; i++)
        ids[i] = c->rows ? (int32_t)((i * 7919 + (size_t)c->rows - 1) % (size_t)c->rows) : 0;
    struct graph_run how = {.backend = backend_name,
                            .threads = threads,
                            .stored = c->stored,
                            .scale = c->scale,
                            .shift = c->shift,
                            .feed = {{"ids", ids}, {"counter", &counter}}};
    struct err e = graph_run(case_build(c), &how, out, n);
    free(ids);
    return err_wrap(e, "%s on %s", c->name, backend_name);
}
