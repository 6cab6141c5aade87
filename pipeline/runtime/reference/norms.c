/* group_norm, layer_norm, softmax: statistics in two passes. */
#include "pipeline/runtime/reference/job.h"

/* Channel c of the sources, which are concatenated: its source, and its number there. */
static const struct tensor *channel_of(const struct job *j, int64_t *c)
{
    const struct tensor *x = &j->in[IN_X];
    for (; *c >= x->dim[1]; x++)
        *c -= x->dim[1];
    return x;
}

/* Sum over channels [first, last) of image n: of the elements (power 1), or of their squared distances to mean. */
static double group_sum(const struct job *j, int64_t n, int64_t first, int64_t last, int power, double mean)
{
    double sum = 0;
    for (int64_t channel = first; channel < last; channel++) {
        int64_t c = channel;
        const struct tensor *x = channel_of(j, &c);
        for (int64_t h = 0; h < x->dim[2]; h++)
            for (int64_t w = 0; w < x->dim[3]; w++) {
                double d = tensor_get(x, tensor_offset(x, n, c, h, w)) - mean;
                sum += power == 1 ? d : d * d;
            }
    }
    return sum;
}

void reference_group_norm(const struct job *j)
{
    const struct tensor *weight = &j->in[IN_WEIGHT], *bias = &j->in[IN_BIAS], *y = &j->out[0];
    const int64_t groups = j->params.groups, width = y->dim[1] / groups;
    const double count = (double)(width * y->dim[2] * y->dim[3]);
#pragma omp parallel for num_threads(j->threads) schedule(static)
    for (int64_t i = 0; i < y->dim[0] * groups; i++) {
        int64_t n = i / groups, first = i % groups * width, last = first + width;
        double mean = group_sum(j, n, first, last, 1, 0) / count;
        double variance = group_sum(j, n, first, last, 2, mean) / count;
        for (int64_t channel = first; channel < last; channel++) {
            int64_t c = channel;
            const struct tensor *x = channel_of(j, &c);
            double scale = tensor_get(weight, channel) / sqrt(variance + j->params.eps);
            double shift = bias->at ? tensor_get(bias, channel) : 0;
            for (int64_t h = 0; h < y->dim[2]; h++)
                for (int64_t w = 0; w < y->dim[3]; w++)
                    tensor_put(y, tensor_offset(y, n, channel, h, w),
                               reference_activate(j->params.activation,
                                                  (tensor_get(x, tensor_offset(x, n, c, h, w)) - mean) * scale + shift));
        }
    }
}

void reference_layer_norm(const struct job *j)
{
    const struct tensor *weight = &j->in[IN_WEIGHT], *bias = &j->in[IN_BIAS], *x = &j->in[IN_X], *y = &j->out[0];
    const int64_t width = x->dim[3];
#pragma omp parallel for num_threads(j->threads) schedule(static)
    for (int64_t r = 0; r < tensor_rows(x); r++) {
        int64_t from = tensor_row(x, r), to = tensor_row(y, r);
        double sum = 0, squares = 0;
        for (int64_t i = 0; i < width; i++)
            sum += tensor_get(x, from + i * x->stride[3]);
        double mean = sum / (double)width;
        for (int64_t i = 0; i < width; i++) {
            double d = tensor_get(x, from + i * x->stride[3]) - mean;
            squares += d * d;
        }
        double deviation = sqrt(squares / (double)width + j->params.eps);
        for (int64_t i = 0; i < width; i++)
            tensor_put(y, to + i * y->stride[3],
                       (tensor_get(x, from + i * x->stride[3]) - mean) / deviation * tensor_get(weight, i) +
                           (bias->at ? tensor_get(bias, i) : 0));
    }
}

/* Masked keys get probability 0; the largest of the others is subtracted before the exponential. */
void reference_softmax(const struct job *j)
{
    const struct tensor *x = &j->in[0], *y = &j->out[0];
#pragma omp parallel for num_threads(j->threads) schedule(static)
    for (int64_t r = 0; r < tensor_rows(x); r++) {
        int64_t from = tensor_row(x, r), to = tensor_row(y, r), keys = x->dim[3];
        int64_t seen = j->params.causal ? r % x->dim[2] + 1 : keys;
        double largest = -INFINITY, sum = 0;
        for (int64_t i = 0; i < seen; i++)
            largest = fmax(largest, tensor_get(x, from + i * x->stride[3]));
        for (int64_t i = 0; i < seen; i++)
            sum += exp(tensor_get(x, from + i * x->stride[3]) - largest);
        for (int64_t i = 0; i < keys; i++)
            tensor_put(y, to + i * y->stride[3],
                       i < seen ? exp(tensor_get(x, from + i * x->stride[3]) - largest) / sum : 0);
    }
}
