#include <stdio.h>
#include <stdlib.h>

#include "bench/verify/check.h"

const struct stored_tensor *check_find(const struct check *c, const char *format, int k, const char *leaf)
{
    char name[96];
    snprintf(name, sizeof name, format, k, leaf);
    return safetensors_find(c->file, name);
}

struct err check_values(const struct stored_tensor *t, int rank, float **out)
{
    *out = NULL;
    if (t->unusable)
        return err_fail("%s: %s", t->name, t->unusable);
    if (t->shape.rank != rank)
        return err_fail("%s: must have %d dimensions", t->name, rank);
    *out = malloc((size_t)shape_count(t->shape) * sizeof(float) + 1);
    if (!*out)
        return err_fail("%s: out of memory", t->name);
    checkpoint_read_f32(t, 0, shape_count(t->shape), *out);
    return OK;
}

struct err check_latents(const struct stored_tensor *t, float **out)
{
    const int64_t *dim = t->shape.dim;
    TRY(check_values(t, 4, out));
    if (dim[0] >= 1 && dim[1] == LATENT_CHANNELS && dim[2] >= 1 && dim[3] >= 1)
        return OK;
    free(*out);
    *out = NULL;
    return err_fail("%s: must be N x %d x H x W, each at least 1", t->name, LATENT_CHANNELS);
}

/* Keeps our value; takes data. */
static struct err check_keep(struct recomputed *r, const char *name, struct shape shape, enum dtype dtype, void *data)
{
    struct own_value *more = realloc(r->own, (r->owns + 1) * sizeof *more);
    if (!more) {
        free(data);
        return err_fail("out of memory");
    }
    r->own = more;
    r->own[r->owns] = (struct own_value){.shape = shape, .dtype = dtype, .data = data};
    snprintf(r->own[r->owns++].name, sizeof r->own->name, "%s", name);
    return OK;
}

static struct err add_row(struct recomputed *r, struct agreement a)
{
    struct agreement *more = realloc(r->row, (r->rows + 1) * sizeof *more);
    if (!more)
        return err_fail("out of memory");
    r->row = more;
    r->row[r->rows++] = a;
    return OK;
}

struct err check_judge(struct check *c, const char *name, enum agreement_kind kind, struct shape shape, float *ours)
{
    const struct stored_tensor *t = safetensors_find(c->file, name);
    size_t n = (size_t)shape_count(shape);
    float *reference = NULL;
    struct err e = t ? check_values(t, t->shape.rank, &reference) : OK;
    if (!e.code && t) {
        size_t stored = (size_t)shape_count(t->shape);
        if (!stored || stored % n || stored / n > 4096)
            e = err_fail("%s: has %zu values, the model makes %zu", name, stored, n);
        float *repeated = e.code ? NULL : malloc(stored * sizeof *repeated);
        if (!e.code && !repeated)
            e = err_fail("out of memory");
        for (size_t i = 0; !e.code && i < stored; i++)
            repeated[i] = ours[i % n];
        if (!e.code)
            e = add_row(c->out, agreement_of(name, kind, c->class, repeated, reference, stored));
        free(repeated);
    }
    free(reference);
    struct err kept = check_keep(c->out, name, shape, DTYPE_f32, ours);
    return err_first(e, kept);
}

struct err check_judge_pixels(struct check *c, const char *name, struct shape shape, uint8_t *ours)
{
    const struct stored_tensor *t = safetensors_find(c->file, name);
    struct err e = OK;
    if (t && (t->dtype != DTYPE_u8 || t->unusable || !shape_equal(t->shape, shape)))
        e = err_fail("%s: must be U8 and N x H x W x 3 as the model makes it", name);
    if (t && !e.code)
        e = add_row(c->out, agreement_of_pixels(name, c->class, ours, t->data, t->bytes));
    struct err kept = check_keep(c->out, name, shape, DTYPE_u8, ours);
    return err_first(e, kept);
}

struct err check_judge_output(struct check *c, struct plan *p, const char *output, const char *name,
                               enum agreement_kind kind)
{
    value_id v = graph_find_output(plan_graph(p), output);
    if (v == NO_VALUE)
        return err_fail("the model has no stage %s", output);
    struct shape shape = plan_graph(p)->value[v].shape;
    float *ours = malloc((size_t)shape_count(shape) * sizeof *ours);
    if (!ours)
        return err_fail("out of memory");
    struct err e = plan_read(p, output, ours);
    if (!e.code)
        return check_judge(c, name, kind, shape, ours);
    free(ours);
    return e;
}

struct err check_plan(struct check *c, struct graph *g, struct plan **out)
{
    TRY(engine_plan(c->engine, g, out));
    TRY(engine_check_memory(c->engine, out, 1, "this check"));
    return engine_load(c->engine, out, 1);
}
