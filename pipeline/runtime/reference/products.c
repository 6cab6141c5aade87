/* conv, linear, geglu, matmul: each output element is one sum over a dense row, in double; then activation and residual,
 * in double too. */
#include <omp.h>

#include "pipeline/runtime/reference/job.h"

/* Length of the sums. */
static int64_t inner(enum op op, const struct job *j)
{
    const struct tensor *w = &j->in[IN_WEIGHT];
    bool rows = op == OP_linear || op == OP_geglu;
    return op == OP_conv || op == OP_subpixel_conv ? w->dim[1] * w->dim[2] * w->dim[3] : rows ? w->dim[3] : j->in[0].dim[3];
}

/* A row for each thread; matmul's second factor after them. */
size_t job_scratch_bytes(enum op op, const struct job *j)
{
    if (op == OP_attention) /* a row of scores */
        return (size_t)(j->threads * j->in[1].dim[2]) * sizeof(double);
    size_t rows = (size_t)(j->threads * inner(op, j)) * sizeof(double);
    return rows + (op == OP_matmul ? (size_t)(tensor_rows(&j->in[1]) * j->in[1].dim[3]) * sizeof(float) : 0);
}

static double *row_of_thread(const struct job *j, int64_t length)
{
    return (double *)j->scratch + omp_get_thread_num() * length;
}

static double dot(const double *a, const float *b, int64_t n)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < n; i++)
        sum += a[i] * (double)b[i];
    return sum;
}

static double bias(const struct job *j, int64_t channel)
{
    return j->in[IN_BIAS].at ? tensor_get(&j->in[IN_BIAS], channel) : 0;
}

/* Stores an element of a layer's result. Residual and result have one shape. */
static void finish(const struct job *j, double x, int64_t n, int64_t a, int64_t b, int64_t c)
{
    x = reference_activate(j->params.activation, x);
    if (j->params.residual) {
        const struct tensor *r = &j->in[j->n_inputs - 1];
        x += tensor_get(r, tensor_offset(r, n, a, b, c));
    }
    tensor_put(&j->out[0], tensor_offset(&j->out[0], n, a, b, c), x);
}

static void gather(const struct tensor *t, int64_t offset, int64_t stride, int64_t n, double *out)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = tensor_get(t, offset + i * stride);
}

/* What the kernel sees at (top, left) of image n, over all sources: (C, kernel height, kernel width), 0 outside. */
static void gather_patch(const struct job *j, int64_t n, int64_t top, int64_t left, double *out)
{
    const struct tensor *w = &j->in[IN_WEIGHT];
    for (const struct tensor *x = &j->in[IN_X]; x < &j->in[j->n_inputs - j->params.residual]; x++)
        for (int64_t c = 0; c < x->dim[1]; c++)
            for (int64_t h = top; h < top + w->dim[2]; h++)
                for (int64_t v = left; v < left + w->dim[3]; v++) {
                    bool inside = 0 <= h && h < x->dim[2] && 0 <= v && v < x->dim[3];
                    *out++ = inside ? tensor_get(x, tensor_offset(x, n, c, h, v)) : 0;
                }
}

void reference_conv(const struct job *j)
{
    const struct tensor *w = &j->in[IN_WEIGHT], *y = &j->out[0];
    const int64_t k = inner(OP_conv, j), step = j->params.stride, pixels = y->dim[0] * y->dim[2] * y->dim[3];
#pragma omp parallel for num_threads(j->threads) schedule(static)
    for (int64_t pixel = 0; pixel < pixels; pixel++) {
        int64_t v = pixel % y->dim[3], h = pixel / y->dim[3] % y->dim[2], n = pixel / y->dim[3] / y->dim[2];
        double *patch = row_of_thread(j, k);
        gather_patch(j, n, h * step - j->params.pad[0], v * step - j->params.pad[1], patch);
        for (int64_t o = 0; o < w->dim[0]; o++)
            finish(j, dot(patch, (const float *)w->at + o * k, k) + bias(j, o), n, o, h, v);
    }
}

/* Each pixel through the kernel of its parity: what it sees begins one pixel before its own in even rows and columns. */
void reference_subpixel_conv(const struct job *j)
{
    const struct tensor *w = &j->in[IN_WEIGHT], *y = &j->out[0];
    const int64_t k = inner(OP_subpixel_conv, j), pixels = y->dim[0] * y->dim[2] * y->dim[3], channels = y->dim[1];
#pragma omp parallel for num_threads(j->threads) schedule(static)
    for (int64_t pixel = 0; pixel < pixels; pixel++) {
        int64_t v = pixel % y->dim[3], h = pixel / y->dim[3] % y->dim[2], n = pixel / y->dim[3] / y->dim[2];
        int64_t first = (h % 2 * 2 + v % 2) * channels;
        double *patch = row_of_thread(j, k);
        gather_patch(j, n, h / 2 - 1 + h % 2, v / 2 - 1 + v % 2, patch);
        for (int64_t o = 0; o < channels; o++)
            finish(j, dot(patch, (const float *)w->at + (first + o) * k, k) + bias(j, o), n, o, h, v);
    }
}

void reference_linear(const struct job *j)
{
    const struct tensor *w = &j->in[IN_WEIGHT], *x = &j->in[IN_X], *y = &j->out[0];
    const int64_t k = inner(OP_linear, j);
#pragma omp parallel for num_threads(j->threads) schedule(static)
    for (int64_t r = 0; r < tensor_rows(x); r++) {
        double *row = row_of_thread(j, k);
        int64_t c = r % x->dim[2], b = r / x->dim[2] % x->dim[1], a = r / x->dim[2] / x->dim[1];
        gather(x, tensor_row(x, r), x->stride[3], k, row);
        for (int64_t o = 0; o < y->dim[3]; o++)
            finish(j, dot(row, (const float *)w->at + o * k, k) + bias(j, o), a, b, c, o);
    }
}

void reference_geglu(const struct job *j)
{
    const struct tensor *w = &j->in[IN_WEIGHT], *x = &j->in[IN_X], *y = &j->out[0];
    const int64_t k = inner(OP_geglu, j), half = y->dim[3];
#pragma omp parallel for num_threads(j->threads) schedule(static)
    for (int64_t r = 0; r < tensor_rows(x); r++) {
        double *row = row_of_thread(j, k);
        gather(x, tensor_row(x, r), x->stride[3], k, row);
        for (int64_t o = 0; o < half; o++) {
            double value = dot(row, (const float *)w->at + o * k, k) + bias(j, o);
            double gate = dot(row, (const float *)w->at + (half + o) * k, k) + bias(j, half + o);
            tensor_put(y, tensor_row(y, r) + o * y->stride[3], value * reference_activate(j->params.activation, gate));
        }
    }
}

/* b as dense (N,h,S,K) float32, which holds each of its values exactly: the columns of the product, each in a row. */
static const float *gather_columns(const struct job *j, int64_t k)
{
    const struct tensor *b = &j->in[1];
    const int along = j->params.transpose ? 3 : 2, across = 5 - along;
    float *out = (float *)(void *)((double *)j->scratch + j->threads * k);
#pragma omp parallel for num_threads(j->threads) schedule(static)
    for (int64_t batch = 0; batch < b->dim[0] * b->dim[1]; batch++)
        for (int64_t s = 0; s < b->dim[across]; s++)
            for (int64_t i = 0; i < k; i++)
                out[(batch * b->dim[across] + s) * k + i] =
                    (float)tensor_get(b, tensor_offset(b, batch / b->dim[1], batch % b->dim[1], 0, 0) +
                                             s * b->stride[across] + i * b->stride[along]);
    return out;
}

void reference_matmul(const struct job *j)
{
    const struct tensor *a = &j->in[0], *y = &j->out[0];
    const int64_t k = a->dim[3], columns = y->dim[3];
    const float *b = gather_columns(j, k);
#pragma omp parallel for num_threads(j->threads) schedule(static)
    for (int64_t r = 0; r < tensor_rows(a); r++) {
        double *row = row_of_thread(j, k);
        gather(a, tensor_row(a, r), a->stride[3], k, row);
        for (int64_t s = 0; s < columns; s++)
            tensor_put(y, tensor_row(y, r) + s * y->stride[3], dot(row, b + (r / a->dim[2] * columns + s) * k, k));
    }
}
