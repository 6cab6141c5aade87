/* Guidance, the sampler's update, the step counter, and what becomes of the picture. */
#include "pipeline/graph/place.h"
#include "pipeline/runtime/cuda/ops/operand.h"

struct sampling {
    struct cuda *cuda;
    struct guidance guidance;
    struct sampler_update update;
    struct pixels pixels;
    const int32_t *counter;
    int32_t *next;
    int64_t count;
};

static struct err make(const struct site *s, const struct kernel_class *class, struct kernel *out)
{
    TRY(kernel_make(s->node, class, sizeof(struct sampling), out));
    struct sampling *k = out->own;
    k->cuda = s->cuda;
    k->count = shape_count(site_result(s)->shape);
    return OK;
}

/* Whether inputs from `first` on lie densely, in the result's order: then elements are simply counted. */
static struct err check_order(const struct site *s, int first)
{
    const struct value *y = site_result(s);
    for (int i = first; i < s->node->n_inputs; i++)
        if (!value_is_dense(site_input(s, i)) || site_input(s, i)->layout != y->layout)
            return err_fail("input %d lies in another order than the result: a reorder is missing", i);
    return OK;
}

static struct err guidance_bind(void *own, const struct binding *b)
{
    struct sampling *k = own;
    k->guidance.eps = b->input[0];
    k->guidance.y = b->output[0];
    return OK;
}

static struct err guidance_run(void *own)
{
    const struct sampling *k = own;
    return cuda_check(launch_guidance(&k->guidance, k->cuda->stream), "guidance");
}

struct err choose_guidance(const struct site *s, struct kernel *out)
{
    static const struct kernel_class class = {NULL, guidance_bind, guidance_run, kernel_free_block};
    TRY(make(s, &class, out));
    struct sampling *k = out->own;
    k->guidance = (struct guidance){.read = site_input(s, 0)->dtype,
                                    .write = site_result(s)->dtype,
                                    .count = k->count,
                                    .factor = (float)s->node->params.factor};
    return kernel_keep(check_order(s, 0), out);
}

enum { COEFFICIENTS, EPS, LATENT };

static struct err update_bind(void *own, const struct binding *b)
{
    struct sampling *k = own;
    k->update.coefficients = b->input[COEFFICIENTS];
    k->update.eps = b->input[EPS];
    for (int i = 0; i < k->update.states; i++) {
        k->update.state[i] = b->input[LATENT + i];
        k->update.next[i] = b->output[i];
    }
    return OK;
}

static struct err update_run(void *own)
{
    const struct sampling *k = own;
    return cuda_check(launch_sampler_update(&k->update, k->cuda->stream), "the sampler's update");
}

struct err choose_sampler_update(const struct site *s, struct kernel *out)
{
    static const struct kernel_class class = {NULL, update_bind, update_run, kernel_free_block};
    TRY(make(s, &class, out));
    struct sampling *k = out->own;
    k->update.states = s->node->n_outputs;
    k->update.count = k->count;
    for (int i = 0; i < s->node->n_inputs; i++)
        if (site_input(s, i)->dtype != DTYPE_f32)
            return kernel_keep(err_fail("the sampler computes in f32: a cast is missing"), out);
    return kernel_keep(check_order(s, EPS), out);
}

static struct err advance_bind(void *own, const struct binding *b)
{
    struct sampling *k = own;
    k->counter = b->input[0];
    k->next = b->output[0];
    return OK;
}

static struct err advance_run(void *own)
{
    const struct sampling *k = own;
    return cuda_check(launch_advance(k->counter, k->next, k->count, k->cuda->stream), "counting a step");
}

struct err choose_advance(const struct site *s, struct kernel *out)
{
    static const struct kernel_class class = {NULL, advance_bind, advance_run, kernel_free_block};
    return make(s, &class, out);
}

static struct err pixels_bind(void *own, const struct binding *b)
{
    struct sampling *k = own;
    k->pixels.image = b->input[0];
    k->pixels.y = b->output[0];
    return OK;
}

static struct err pixels_run(void *own)
{
    const struct sampling *k = own;
    return cuda_check(launch_pixels(&k->pixels, k->cuda->stream), "making pixels");
}

struct err choose_pixels(const struct site *s, struct kernel *out)
{
    static const struct kernel_class class = {NULL, pixels_bind, pixels_run, kernel_free_block};
    const struct value *x = site_input(s, 0);
    TRY(make(s, &class, out));
    struct sampling *k = out->own;
    k->pixels = (struct pixels){.read = x->dtype, .count = k->count, .rounded = s->node->params.rounded};
    return kernel_keep(
        x->layout == LAYOUT_channels_last && value_is_dense(x) ? OK : err_fail("takes dense channels-last images"),
        out);
}
