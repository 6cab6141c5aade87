/* Upsampling, embeddings, rows of step tables. */
#include "pipeline/graph/place.h"
#include "pipeline/runtime/cuda/ops/operand.h"
#include "pipeline/runtime/cuda/ops/parameters.h"

struct upsampling {
    struct cuda *cuda;
    struct upsample upsample;
};

static struct err upsample_bind(void *own, const struct binding *b)
{
    struct upsampling *k = own;
    k->upsample.x = b->input[0];
    k->upsample.y = b->output[0];
    return OK;
}

static struct err upsample_run(void *own)
{
    const struct upsampling *k = own;
    return cuda_check(launch_upsample(&k->upsample, k->cuda->stream), "upsampling");
}

struct err choose_upsample(const struct site *s, struct kernel *out)
{
    static const struct kernel_class class = {NULL, upsample_bind, upsample_run, kernel_free_block};
    const struct value *x = site_input(s, 0), *y = site_result(s);
    const int64_t *from = x->shape.dim, *to = y->shape.dim;
    TRY(kernel_make(s->node, &class, sizeof(struct upsampling), out));
    struct upsampling *k = out->own;
    if (x->layout != LAYOUT_channels_last || !value_is_dense(x) || x->dtype != y->dtype)
        return kernel_keep(err_fail("upsamples dense channels-last images of one dtype: a reorder or cast is missing"),
                           out);
    *k = (struct upsampling){s->cuda,
                             {.dtype = x->dtype,
                              .images = from[0],
                              .h = from[2],
                              .w = from[3],
                              .height = to[2],
                              .width = to[3],
                              .channels = from[1]}};
    return OK;
}

struct embedder {
    struct cuda *cuda;
    struct parameters parameters;
    struct embedding embedding;
};

static struct err embedding_load(void *own, const struct loader *loader, void *weights)
{
    return parameters_load(&((struct embedder *)own)->parameters, loader, weights);
}

static struct err embedding_bind(void *own, const struct binding *b)
{
    struct embedder *k = own;
    k->embedding.table = k->parameters.count ? parameters_address(&k->parameters, 0, b->weights) : b->input[0];
    k->embedding.ids = b->input[1];
    k->embedding.y = b->output[0];
    return OK;
}

static struct err embedding_run(void *own)
{
    const struct embedder *k = own;
    return cuda_check(launch_embedding(&k->embedding, k->cuda->stream), "an embedding");
}

/* Rows of a table by number: of the vocabulary for each token, or the step's row of a table, whose number is the
 * counter. */
static struct err choose_rows(const struct site *s, struct kernel *out)
{
    static const struct kernel_class class = {embedding_load, embedding_bind, embedding_run, kernel_free_block};
    const struct value *table = site_input(s, 0), *ids = site_input(s, 1), *y = site_result(s);
    const int64_t width = shape_count(table->shape) / table->shape.dim[0];
    TRY(kernel_make(s->node, &class, sizeof(struct embedder), out));
    struct embedder *k = out->own;
    *k = (struct embedder){.cuda = s->cuda,
                           .parameters.cuda = s->cuda,
                           .embedding = {.read = table->dtype,
                                         .write = y->dtype,
                                         .count = shape_count(ids->shape),
                                         .rows = table->shape.dim[0],
                                         .width = width}};
    if (table->rate == RATE_LOAD) {
        parameters_add(&k->parameters, s->node->input[0], table->dtype, table->shape.dim[0] * width, 1, 1);
        out->weight_bytes = k->parameters.bytes;
    }
    return OK;
}

struct err choose_embedding(const struct site *s, struct kernel *out)
{
    return choose_rows(s, out);
}

struct err choose_step_row(const struct site *s, struct kernel *out)
{
    return choose_rows(s, out);
}
