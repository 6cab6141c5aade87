/* What the sampler does around the network, and what becomes of its picture. */
#include "pipeline/runtime/reference/job.h"

/* Rows of the output over its first dimension: N images; the input's first N are unconditional, the others not. */
void reference_guidance(const struct job *j)
{
    const struct tensor *x = &j->in[0], *y = &j->out[0];
    const int64_t conditional = y->dim[0] * x->stride[0];
#pragma omp parallel for num_threads(j->threads) schedule(static)
    for (int64_t r = 0; r < tensor_rows(y); r++)
        for (int64_t i = 0; i < y->dim[3]; i++) {
            int64_t from = tensor_row(x, r) + i * x->stride[3];
            double u = tensor_get(x, from), c = tensor_get(x, from + conditional);
            tensor_put(y, tensor_row(y, r) + i * y->stride[3], u + j->params.factor * (c - u));
        }
}

/* coefficients: a row for each state, over (latent, eps, slots...). Results overwrite the states: all are computed
 * before the first is written. */
void reference_sampler_update(const struct job *j)
{
    enum { COEFFICIENTS, EPS, LATENT };
    const struct tensor *k = &j->in[COEFFICIENTS], *y = &j->out[0];
    const int terms = j->n_inputs - 1;
    const int64_t order[MAX_INPUTS] = {LATENT, EPS, LATENT + 1, LATENT + 2, LATENT + 3, LATENT + 4};
#pragma omp parallel for num_threads(j->threads) schedule(static)
    for (int64_t r = 0; r < tensor_rows(y); r++)
        for (int64_t i = 0; i < y->dim[3]; i++) {
            double next[MAX_OUTPUTS] = {0};
            for (int s = 0; s < j->n_outputs; s++)
                for (int t = 0; t < terms; t++) {
                    const struct tensor *x = &j->in[order[t]];
                    next[s] += tensor_get(k, (s * terms + t) * k->stride[3]) *
                               tensor_get(x, tensor_row(x, r) + i * x->stride[3]);
                }
            for (int s = 0; s < j->n_outputs; s++)
                tensor_put(&j->out[s], tensor_row(&j->out[s], r) + i * j->out[s].stride[3], next[s]);
        }
}

/* (N,3,H,W) to (N,H,W,3). Halves are rounded to even, as numpy and torch do. */
void reference_pixels(const struct job *j)
{
    const struct tensor *x = &j->in[0], *y = &j->out[0];
#pragma omp parallel for num_threads(j->threads) schedule(static)
    for (int64_t r = 0; r < tensor_rows(y); r++) {
        int64_t w = r % y->dim[2], h = r / y->dim[2] % y->dim[1], n = r / y->dim[2] / y->dim[1];
        for (int64_t c = 0; c < y->dim[3]; c++) {
            double level = (tensor_get(x, tensor_offset(x, n, c, h, w)) + 1) / 2 * 255;
            tensor_put(y, tensor_offset(y, n, h, w, c), j->params.rounded ? rint(level) : level);
        }
    }
}
