/* Operations that put values elsewhere. */
#include "pipeline/runtime/reference/job.h"

/* from's elements to the same places of to. */
static void copy(const struct job *j, const struct tensor *from, const struct tensor *to)
{
#pragma omp parallel for num_threads(j->threads) schedule(static)
    for (int64_t r = 0; r < tensor_rows(from); r++)
        for (int64_t i = 0; i < from->dim[3]; i++)
            tensor_put(to, tensor_row(to, r) + i * to->stride[3],
                       tensor_get(from, tensor_row(from, r) + i * from->stride[3]));
}

/* The part of t that begins at index `begin` of a dimension and has the size of `like`. */
static struct tensor part(const struct tensor *t, int dimension, int64_t begin, const struct tensor *like)
{
    struct tensor p = *t;
    p.at = (char *)t->at + begin * t->stride[dimension] * (int64_t)dtypes[t->dtype].bytes;
    memcpy(p.dim, like->dim, sizeof p.dim);
    return p;
}

void reference_concat(const struct job *j)
{
    int64_t channel = 0;
    for (int i = 0; i < j->n_inputs; i++) {
        struct tensor to = part(&j->out[0], 1, channel, &j->in[i]);
        copy(j, &j->in[i], &to);
        channel += j->in[i].dim[1];
    }
}

void reference_repeat(const struct job *j)
{
    int batch = 0; /* the first dimension that differs; the last of them where none does */
    while (batch < MAX_RANK - 1 && j->out[0].dim[batch] == j->in[0].dim[batch])
        batch++;
    for (int64_t i = 0; i < j->params.times; i++) {
        struct tensor to = part(&j->out[0], batch, i * j->in[0].dim[batch], &j->in[0]);
        copy(j, &j->in[0], &to);
    }
}

void reference_upsample(const struct job *j)
{
    const struct tensor *x = &j->in[0], *y = &j->out[0];
#pragma omp parallel for num_threads(j->threads) schedule(static)
    for (int64_t r = 0; r < tensor_rows(y); r++) {
        int64_t h = r % y->dim[2], c = r / y->dim[2] % y->dim[1], n = r / y->dim[2] / y->dim[1];
        for (int64_t w = 0; w < y->dim[3]; w++)
            tensor_put(y, tensor_offset(y, n, c, h, w),
                       tensor_get(x, tensor_offset(x, n, c, h * x->dim[2] / y->dim[2], w * x->dim[3] / y->dim[3])));
    }
}

/* Row `index` of a table, which nothing makes us read outside of, to row r of the result. */
static void copy_row(const struct job *j, double index, int64_t r)
{
    const struct tensor *table = &j->in[0], *y = &j->out[0];
    int64_t row = (int64_t)fmax(0, fmin(index, (double)(table->dim[2] - 1)));
    for (int64_t i = 0; i < y->dim[3]; i++)
        tensor_put(y, tensor_row(y, r) + i * y->stride[3], tensor_get(table, tensor_offset(table, 0, 0, row, i)));
}

/* ids (N,T) to rows (N,T,width). */
void reference_embedding(const struct job *j)
{
    const struct tensor *ids = &j->in[1];
#pragma omp parallel for num_threads(j->threads) schedule(static)
    for (int64_t r = 0; r < tensor_rows(&j->out[0]); r++)
        copy_row(j, tensor_get(ids, tensor_offset(ids, 0, 0, r / ids->dim[3], r % ids->dim[3])), r);
}

void reference_step_row(const struct job *j)
{
    copy_row(j, tensor_get(&j->in[1], 0), 0);
}
