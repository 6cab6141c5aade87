/* Normalises rows to mean 0 and variance 1, then scales and shifts each channel.
 * Two passes over a row that stays in the cache: the mean; then squares of what is left, whose sum also mends the
 * rounding of the mean. So a mean far from zero costs no precision. */
#include "pipeline/runtime/cpu/floats.h"
#include "pipeline/runtime/cpu/rows.h"
#include "pipeline/runtime/cpu/vector.h"

struct layer_norm {
    struct rows rows;
    double eps;
    value_id weight, bias;
    const float *gamma, *beta;
};

VECTOR static void normalise_row(float *y, const float *x, const float *gamma, const float *beta, int64_t n, double eps)
{
    float sum = 0, rest = 0, squares = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < n; i++)
        sum += x[i];
    const float mean = sum / (float)n;
#pragma omp simd reduction(+ : rest, squares)
    for (int64_t i = 0; i < n; i++) {
        float d = x[i] - mean;
        rest += d;
        squares += d * d;
    }
    double mend = (double)rest / (double)n, variance = (double)squares / (double)n - mend * mend;
    double inverse = 1 / sqrt((variance > 0 ? variance : 0) + eps);
    const float scale = (float)inverse, shift = (float)(-mend * inverse);
#pragma omp simd
    for (int64_t i = 0; i < n; i++)
        y[i] = fmaf(fmaf(x[i] - mean, scale, shift), gamma[i], beta[i]);
}

static void one_row(const void *context, const struct row *row)
{
    const struct layer_norm *k = context;
    normalise_row(row->y, row->x, k->gamma, k->beta, row->length, k->eps);
    floats_write(row->out, row->dtype, row->length, row->y);
}

static struct err load(void *own, const struct loader *loader, void *weights)
{
    const struct layer_norm *k = own;
    TRY(loader_copy_f32(loader, k->weight, weights));
    return loader_copy_f32(loader, k->bias, (float *)weights + k->rows.walk.length);
}

static struct err bind(void *own, const struct binding *b)
{
    struct layer_norm *k = own;
    k->gamma = b->weights;
    k->beta = k->gamma + k->rows.walk.length;
    rows_bind(&k->rows, b->input[IN_X], b->output[0], b->scratch);
    return OK;
}

static struct err run(void *own)
{
    const struct layer_norm *k = own;
    rows_run(&k->rows, one_row, k);
    return OK;
}

struct err choose_layer_norm(const struct site *s, struct kernel *out)
{
    static const struct kernel_class class = {load, bind, run, kernel_free_block};
    TRY(kernel_make(s->node, &class, sizeof(struct layer_norm), out));
    struct layer_norm *k = out->own;
    k->eps = s->node->params.eps;
    k->weight = s->node->input[IN_WEIGHT];
    k->bias = s->node->input[IN_BIAS];
    TRY(kernel_keep(rows_make(s, IN_X, &k->rows), out));
    out->weight_bytes = 2 * (size_t)k->rows.walk.length * sizeof(float);
    out->scratch_bytes = rows_scratch_bytes(&k->rows);
    return OK;
}
