/* Convolutions by cuDNN: with a bias, and with a residual where that is of the operands' type. Single pixels are rows.
 */
#include <stdio.h>
#include <stdlib.h>

#include "pipeline/runtime/cuda/cudnn/dnn_choice.h"
#include "pipeline/runtime/cuda/ops/around.h"
#include "pipeline/runtime/cuda/ops/linear.h"

struct conv {
    struct cuda *cuda;
    struct parameters parameters;
    int weight, residual;
    struct bias bias;
    struct gather gather;
    struct dnn_plan *plan;
    struct finish finish;
    struct interleave interleave; /* of a sub-pixel convolution */
    bool gathers, interleaves, to_scratch;
    size_t product_at, whole_at,
        workspace_at; /* bytes of scratch; whole: the interleaved image, before it is converted */
    struct binding at;
    void *product;
};

static struct err load(void *own, const struct loader *loader, void *weights)
{
    return parameters_load(&((struct conv *)own)->parameters, loader, weights);
}

static struct err bind(void *own, const struct binding *b)
{
    struct conv *k = own;
    char *scratch = b->scratch;
    k->at = *b;
    k->product = k->to_scratch ? scratch + k->product_at : b->output[0];
    void *slot[DNN_SLOTS] = {
        [DNN_X] = k->gathers ? scratch : (void *)(uintptr_t)b->input[IN_X],
        [DNN_W] = parameters_address(&k->parameters, k->weight, b->weights),
        [DNN_Y] = k->product,
        [DNN_BIAS] = bias_address(&k->bias, &k->parameters, b),
        [DNN_RESIDUAL] = k->residual >= 0 ? (void *)(uintptr_t)b->input[k->residual] : NULL,
    };
    k->interleave.x = k->product;
    k->interleave.y = k->finish.in_place ? b->output[0] : scratch + k->whole_at;
    return dnn_plan_bind(k->plan, slot, 1, scratch + k->workspace_at);
}

static struct err run(void *own)
{
    const struct conv *k = own;
    TRY(gather_run(&k->gather, k->cuda, &k->at));
    TRY(dnn_plan_run(k->plan));
    if (k->interleaves)
        TRY(cuda_check(launch_interleave(&k->interleave, k->cuda->stream), "a sub-pixel convolution"));
    return finish_run(&k->finish, k->cuda, &k->at, k->interleaves ? k->interleave.y : k->product);
}

static void conv_free(void *own)
{
    struct conv *k = own;
    if (k)
        dnn_plan_free(k->plan);
    free(k);
}

static int64_t out_size(int64_t in, int64_t before, int64_t after, int64_t window, int64_t stride)
{
    return (in + before + after - window) / stride + 1;
}

static int64_t out_pixels(const struct conv_problem *p)
{
    return p->n * out_size(p->h, p->pad[0], p->pad[2], p->r, p->stride) *
           out_size(p->w, p->pad[1], p->pad[3], p->s, p->stride);
}

static struct err choose_plan(struct cuda *cuda, const struct conv_problem *p, struct dnn_plan **out)
{
    struct dnn_graph *graph;
    const size_t read = dtypes[p->read].bytes, y = (size_t)(out_pixels(p) * p->k);
    const size_t bytes[DNN_SLOTS] = {[DNN_X] = (size_t)(p->n * p->c * p->h * p->w) * read,
                                     [DNN_W] = (size_t)(p->k * p->c * p->r * p->s) * read,
                                     [DNN_Y] = y * dtypes[p->write].bytes,
                                     [DNN_BIAS] = p->bias ? (size_t)p->k * read : 0,
                                     [DNN_RESIDUAL] = p->residual ? y * read : 0};
    TRY(dnn_conv(cuda->dnn, p, &graph));
    return dnn_choose(cuda, graph, bytes, out);
}

/* Where no engine stores float32 results of 16-bit operands, they are stored in 16 bit and converted. */
static struct err choose_writing(struct cuda *cuda, struct conv_problem *p, struct dnn_plan **out)
{
    struct err e = choose_plan(cuda, p, out);
    if (!e.code || p->write == p->read)
        return e;
    p->write = p->read;
    struct err again = choose_plan(cuda, p, out);
    if (again.code) {
        err_free(&again);
        return e;
    }
    err_free(&e);
    return OK;
}

static int residual_of(const struct site *s, enum dtype read)
{
    const int last = s->node->n_inputs - 1;
    const bool fits = s->node->params.residual && !s->node->params.activation && site_input(s, last)->dtype == read &&
                      site_input(s, last)->layout == LAYOUT_channels_last &&
                      site_input(s, last)->base == s->node->input[last];
    return fits ? last : -1;
}

/* What the node's shapes and types say; the bias has been made. */
static struct conv_problem problem_of(const struct site *s, const struct conv *k)
{
    const int64_t *w = site_input(s, IN_WEIGHT)->shape.dim, *image = site_input(s, IN_X)->shape.dim;
    const enum dtype read = site_input(s, IN_WEIGHT)->dtype;
    return (struct conv_problem){.n = image[0],
                                 .c = w[1],
                                 .h = image[2],
                                 .w = image[3],
                                 .k = w[0],
                                 .r = w[2],
                                 .s = w[3],
                                 .read = read,
                                 .write = site_result(s)->dtype,
                                 .bias = k->bias.parameter >= 0 || k->bias.input >= 0,
                                 .numerics = site_numerics(s, read)};
}

static struct err plan_conv(const struct site *s, struct conv *k, struct kernel *out)
{
    const struct value *y = site_result(s), *w = site_input(s, IN_WEIGHT);
    const struct params *params = &s->node->params;
    const int64_t *d = w->shape.dim;
    const enum dtype read = w->dtype;
    size_t scratch = memory_aligned(gather_sources(&k->gather, s, read, 0));
    k->gathers = scratch > 0;
    k->weight = parameters_add(&k->parameters, s->node->input[IN_WEIGHT], read, d[0], d[1], d[2] * d[3]);
    k->bias = bias_make(s, &k->parameters, &k->gather, read, &scratch);
    k->residual = residual_of(s, read);
    struct conv_problem p = problem_of(s, k);
    p.stride = params->stride;
    p.residual = k->residual >= 0;
    for (int i = 0; i < 4; i++)
        p.pad[i] = params->pad[i];
    TRY(choose_writing(s->cuda, &p, &k->plan));
    k->finish = finish_make(s, p.write, k->residual >= 0);
    k->to_scratch = !k->finish.in_place;
    k->product_at = scratch;
    if (k->to_scratch)
        scratch += memory_aligned((size_t)shape_count(y->shape) * dtypes[p.write].bytes);
    k->workspace_at = scratch;
    out->scratch_bytes = scratch + dnn_plan_workspace(k->plan);
    return OK;
}

static const struct kernel_class class = {load, bind, run, conv_free};

static struct err make(const struct site *s, struct kernel *out)
{
    TRY(kernel_make(s->node, &class, sizeof(struct conv), out));
    struct conv *k = out->own;
    k->cuda = k->parameters.cuda = s->cuda;
    return site_input(s, IN_WEIGHT)->rate == RATE_LOAD ? OK : err_fail("the weight must come from the checkpoint");
}

static struct err done(struct err e, const struct site *s, struct kernel *out)
{
    const struct conv *k = out->own;
    if (!e.code) {
        out->weight_bytes = k->parameters.bytes;
        snprintf(out->name, sizeof out->name, "%s cudnn %s", ops[s->node->op].name, dnn_plan_name(k->plan));
    }
    return kernel_keep(e, out);
}

struct err choose_conv(const struct site *s, struct kernel *out)
{
    const struct params *p = &s->node->params;
    const int64_t *w = site_input(s, IN_WEIGHT)->shape.dim;
    if (w[2] * w[3] == 1 && p->stride == 1 && !(p->pad[0] | p->pad[1] | p->pad[2] | p->pad[3]))
        return choose_rows_product(s, out);
    struct err e = make(s, out);
    if (!e.code)
        e = plan_conv(s, out->own, out);
    return done(e, s, out);
}

/* One 2x2 convolution with the kernels of all four parities as 4K channels, over an image with one pixel of padding on
 * all sides: (H+1)x(W+1) results, of which each parity has its own HxW. A second kernel puts them in their places. */
static struct err plan_subpixel(const struct site *s, struct conv *k, struct kernel *out)
{
    const struct value *y = site_result(s), *w = site_input(s, IN_WEIGHT), *x = site_input(s, IN_X);
    const int64_t *d = w->shape.dim, *image = x->shape.dim, channels = y->shape.dim[1];
    const enum dtype read = w->dtype;
    size_t scratch = memory_aligned(gather_sources(&k->gather, s, read, 0));
    k->gathers = scratch > 0;
    k->residual = -1;
    k->weight = parameters_add(&k->parameters, s->node->input[IN_WEIGHT], read, d[0], d[1], d[2] * d[3]);
    k->bias = (struct bias){-1, -1, false, 0};
    if (s->node->input[IN_BIAS] != NO_VALUE) {
        k->bias.parameter = parameters_add(&k->parameters, s->node->input[IN_BIAS], read, 4 * channels, 1, 1);
        k->parameters.item[k->bias.parameter].copies = 4;
    }
    struct conv_problem p = problem_of(s, k);
    p.stride = 1;
    for (int i = 0; i < 4; i++)
        p.pad[i] = 1;
    TRY(choose_writing(s->cuda, &p, &k->plan));
    k->finish = finish_make(s, p.write, true);
    k->interleaves = k->to_scratch = true;
    k->interleave =
        (struct interleave){.dtype = p.write, .images = image[0], .h = image[2], .w = image[3], .channels = channels};
    k->product_at = scratch;
    scratch += memory_aligned((size_t)(out_pixels(&p) * p.k) * dtypes[p.write].bytes);
    k->whole_at = scratch;
    if (!k->finish.in_place)
        scratch += memory_aligned((size_t)shape_count(y->shape) * dtypes[p.write].bytes);
    k->workspace_at = scratch;
    out->scratch_bytes = scratch + dnn_plan_workspace(k->plan);
    return OK;
}

struct err choose_subpixel_conv(const struct site *s, struct kernel *out)
{
    struct err e = make(s, out);
    if (!e.code)
        e = plan_subpixel(s, out->own, out);
    return done(e, s, out);
}
