/* Group norm, layer norm, softmax. */
#include "pipeline/graph/place.h"
#include "pipeline/runtime/cuda/ops/operand.h"
#include "pipeline/runtime/cuda/ops/parameters.h"

struct norm {
    struct cuda *cuda;
    struct parameters parameters;
    int first, sources;
    struct group_norm group;
    struct layer_norm layer;
    struct softmax softmax;
};

static struct err load(void *own, const struct loader *loader, void *weights)
{
    return parameters_load(&((struct norm *)own)->parameters, loader, weights);
}

static struct err make(const struct site *s, const struct kernel_class *class, struct kernel *out)
{
    TRY(kernel_make(s->node, class, sizeof(struct norm), out));
    struct norm *k = out->own;
    k->cuda = k->parameters.cuda = s->cuda;
    k->first = node_first_activation(s->node);
    k->sources = node_sources_end(s->node) - k->first;
    if (k->first == IN_X) {
        const int64_t width = shape_count(site_input(s, IN_WEIGHT)->shape);
        parameters_add(&k->parameters, s->node->input[IN_WEIGHT], DTYPE_f32, width, 1, 1);
        parameters_add(&k->parameters, s->node->input[IN_BIAS], DTYPE_f32, width, 1, 1);
        out->weight_bytes = k->parameters.bytes;
    }
    return OK;
}

static struct err group_bind(void *own, const struct binding *b)
{
    struct norm *k = own;
    k->group.weight = parameters_address(&k->parameters, 0, b->weights);
    k->group.bias = parameters_address(&k->parameters, 1, b->weights);
    for (int i = 0; i < k->sources; i++)
        k->group.source[i] = b->input[k->first + i];
    k->group.y = b->output[0];
    k->group.partial = b->scratch;
    return OK;
}

static struct err group_run(void *own)
{
    const struct norm *k = own;
    return cuda_check(launch_group_norm(&k->group, k->cuda->stream), "a group norm");
}

struct err choose_group_norm(const struct site *s, struct kernel *out)
{
    static const struct kernel_class class = {load, group_bind, group_run, kernel_free_block};
    const struct value *y = site_result(s);
    TRY(make(s, &class, out));
    struct norm *k = out->own;
    if (k->sources > NORM_SOURCES)
        return kernel_keep(err_fail("has %d sources, at most %d are known", k->sources, NORM_SOURCES), out);
    k->group = (struct group_norm){.read = site_input(s, k->first)->dtype,
                                   .write = y->dtype,
                                   .images = y->shape.dim[0],
                                   .pixels = y->shape.dim[2] * y->shape.dim[3],
                                   .groups = s->node->params.groups,
                                   .eps = (float)s->node->params.eps,
                                   .activation = activation_of(s->node->params.activation)};
    for (int i = 0; i < k->sources; i++) {
        const struct value *x = site_input(s, k->first + i);
        if (x->layout != LAYOUT_channels_last || !value_is_dense(x) || x->dtype != k->group.read)
            return kernel_keep(
                err_fail("normalises dense channels-last images of one dtype: a reorder or cast is missing"), out);
        k->group.channels[i] = x->shape.dim[1];
    }
    out->scratch_bytes = group_norm_partial_bytes(&k->group);
    return OK;
}

static struct err layer_bind(void *own, const struct binding *b)
{
    struct norm *k = own;
    k->layer.weight = parameters_address(&k->parameters, 0, b->weights);
    k->layer.bias = parameters_address(&k->parameters, 1, b->weights);
    k->layer.x = b->input[k->first];
    k->layer.y = b->output[0];
    return OK;
}

static struct err layer_run(void *own)
{
    const struct norm *k = own;
    return cuda_check(launch_layer_norm(&k->layer, k->cuda->stream), "a layer norm");
}

struct err choose_layer_norm(const struct site *s, struct kernel *out)
{
    static const struct kernel_class class = {load, layer_bind, layer_run, kernel_free_block};
    const struct value *y = site_result(s);
    TRY(make(s, &class, out));
    struct norm *k = out->own;
    const struct value *x = site_input(s, k->first);
    int64_t rows, width, pitch;
    k->layer = (struct layer_norm){.read = x->dtype, .write = y->dtype, .eps = (float)s->node->params.eps};
    if (!value_rows(x, &k->layer.rows, &k->layer.width, &k->layer.pitch) || !value_rows(y, &rows, &width, &pitch) ||
        pitch != width)
        return kernel_keep(err_fail("normalises rows that lie an even distance apart: a reorder is missing"), out);
    return OK;
}

static struct err softmax_bind(void *own, const struct binding *b)
{
    struct norm *k = own;
    k->softmax.x = b->input[0];
    k->softmax.y = b->output[0];
    return OK;
}

static struct err softmax_run(void *own)
{
    const struct norm *k = own;
    return cuda_check(launch_softmax(&k->softmax, k->cuda->stream), "a softmax");
}

struct err choose_softmax(const struct site *s, struct kernel *out)
{
    static const struct kernel_class class = {NULL, softmax_bind, softmax_run, kernel_free_block};
    const struct value *x = site_input(s, 0), *y = site_result(s);
    int64_t rows, width;
    TRY(make(s, &class, out));
    struct norm *k = out->own;
    k->softmax = (struct softmax){.read = x->dtype,
                                  .write = y->dtype,
                                  .queries = x->shape.rank > 1 ? x->shape.dim[x->shape.rank - 2] : 1,
                                  .causal = s->node->params.causal};
    if (!value_rows(x, &k->softmax.rows, &k->softmax.width, &k->softmax.x_pitch) ||
        !value_rows(y, &rows, &width, &k->softmax.y_pitch))
        return kernel_keep(err_fail("works on rows that lie an even distance apart: a reorder is missing"), out);
    return OK;
}
