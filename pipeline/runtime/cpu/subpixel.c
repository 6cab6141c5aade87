/* Sub-pixel convolution: four products, one for each parity of the result's rows and columns. Each is a dense image of a
 * quarter of the size, whose pixels our own pass puts in their places. */
#include <stdio.h>
#include <stdlib.h>

#include "pipeline/runtime/cpu/windows.h"

enum { PHASES = 4 };

struct subpixel {
    struct product phase[PHASES];
    size_t weights_at[PHASES];
    int64_t first[PHASES]; /* bytes from the result's begin */
};

static struct err load(void *own, const struct loader *loader, void *weights)
{
    const struct subpixel *k = own;
    struct host_tensor t;
    struct err e = loader_get(loader, k->phase[0].weight, &t); /* summed once for all phases */
    for (int i = 0; i < PHASES && !e.code; i++)
        e = product_pack(&k->phase[i], loader, &t, (char *)weights + k->weights_at[i]);
    loader_done(loader, &t);
    return e;
}

static struct err bind(void *own, const struct binding *b)
{
    struct subpixel *k = own;
    for (int i = 0; i < PHASES; i++) {
        struct binding part = *b;
        part.weights = (char *)b->weights + k->weights_at[i];
        part.output[0] = (char *)b->output[0] + k->first[i];
        TRY(product_bind(&k->phase[i], &part));
    }
    return OK;
}

static struct err run(void *own)
{
    struct subpixel *k = own;
    for (int i = 0; i < PHASES; i++)
        TRY(product_run(&k->phase[i]));
    return OK;
}

static void subpixel_free(void *own)
{
    struct subpixel *k = own;
    for (int i = 0; k && i < PHASES; i++)
        product_clear(&k->phase[i]);
    free(k);
}

/* Even rows see one row above their own, odd ones one below; columns alike. */
static struct err plan_phase(const struct site *s, struct subpixel *k, int phase, struct kernel *out)
{
    const int64_t row = phase / 2, column = phase % 2, *stride = site_result(s)->stride;
    struct product *p = &k->phase[phase];
    struct windows w = {.window = {{1, 1}, {1 - row, 1 - column}, {row, column}},
                        .weight = tensor_of(site_input(s, IN_WEIGHT)),
                        .y = tensor_of(site_result(s)),
                        .ours = true};
    product_begin(s, p);
    w.weight.dim[0] /= PHASES;
    w.first = phase * w.weight.dim[0] * w.weight.stride[0];
    w.y.dim[2] /= 2;
    w.y.dim[3] /= 2;
    w.y.stride[0] = w.y.dim[1] * w.y.dim[2] * w.y.dim[3]; /* sums are dense */
    w.y.stride[2] = w.y.dim[1] * w.y.dim[3];
    TRY(places_of(site_result(s), "the result", &w.to));
    w.to.width = w.y.dim[3];
    w.to.line *= 2;
    w.to.pixel *= 2;
    TRY(plan_windows(s, p, &w));
    TRY(product_place(s, p));
    k->first[phase] = (row * stride[2] + column * stride[3]) * (int64_t)value_size(site_result(s));
    k->weights_at[phase] = out->weight_bytes;
    out->weight_bytes += p->weight_bytes;
    out->scratch_bytes = p->scratch_bytes > out->scratch_bytes ? p->scratch_bytes : out->scratch_bytes;
    return OK;
}

struct err choose_subpixel_conv(const struct site *s, struct kernel *out)
{
    static const struct kernel_class class = {load, bind, run, subpixel_free};
    TRY(kernel_make(s->node, &class, sizeof(struct subpixel), out));
    struct subpixel *k = out->own;
    for (int i = 0; i < PHASES; i++)
        TRY(kernel_keep(plan_phase(s, k, i, out), out));
    snprintf(out->name, sizeof out->name, "subpixel_conv %dx %s + own", PHASES,
             primitive_kernel(&k->phase[0].part[0].primitive));
    return OK;
}
