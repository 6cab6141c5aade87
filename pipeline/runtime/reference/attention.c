/* attention: one query at a time, its scores in a row of doubles. */
#include <omp.h>

#include "pipeline/runtime/reference/job.h"

static double dot(const struct tensor *a, int64_t at, const struct tensor *b, int64_t with)
{
    double sum = 0;
    for (int64_t i = 0; i < a->dim[3]; i++)
        sum += tensor_get(a, at + i * a->stride[3]) * tensor_get(b, with + i * b->stride[3]);
    return sum;
}

void reference_attention(const struct job *j)
{
    const struct tensor *q = &j->in[0], *k = &j->in[1], *v = &j->in[2], *y = &j->out[0];
    const int64_t keys = k->dim[2];
#pragma omp parallel for num_threads(j->threads) schedule(static)
    for (int64_t r = 0; r < tensor_rows(q); r++) {
        double *share = (double *)j->scratch + omp_get_thread_num() * keys, largest = -INFINITY, sum = 0;
        const int64_t seen = j->params.causal ? r % q->dim[2] + 1 : keys, head = r / q->dim[2] * keys;
        for (int64_t s = 0; s < seen; s++) {
            share[s] = j->params.factor * dot(q, tensor_row(q, r), k, tensor_row(k, head + s));
            largest = fmax(largest, share[s]);
        }
        for (int64_t s = 0; s < seen; s++)
            sum += share[s] = exp(share[s] - largest);
        for (int64_t i = 0; i < y->dim[3]; i++) {
            double mix = 0;
            for (int64_t s = 0; s < seen; s++)
                mix += share[s] * tensor_get(v, tensor_row(v, head + s) + i * v->stride[3]);
            tensor_put(y, tensor_row(y, r) + i * y->stride[3], mix / sum);
        }
    }
}
