/* The arithmetic: convolution as a product over the windows of its pixels, and attention. */
#include "tests/cuda/host/fake_cudnn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PIXELS = 1024, QUERIES = 256 /* at a time */ };

static float *floats(int64_t n)
{
    float *f = malloc((size_t)n * sizeof *f);
    if (!f)
        abort();
    return f;
}

static void *at(void *base, const struct tensor *t, int64_t i, int64_t j, int64_t k, int64_t l)
{
    int64_t element = i * t->stride[0] + j * t->stride[1] + k * t->stride[2] + l * t->stride[3];
    return (char *)base + element * (int64_t)fake_bytes(t->type);
}

static void narrow(float *x, enum rounding how, int64_t n)
{
    if (how == ROUNDS_f16)
        fake_round(x, DTYPE_f16, n);
    for (int64_t i = 0; how == ROUNDS_tf32 && i < n; i++)
        x[i] = fake_tf32(x[i]);
}

/* Weights (K,C,R,S) as a matrix (R S C, K). */
static float *weights(const struct made *m, void *w)
{
    const struct tensor *t = &m->problem.t[W];
    const int64_t k = t->dim[0], c = t->dim[1], r = t->dim[2], s = t->dim[3];
    float *out = floats(r * s * c * k), *row = out;
    for (int64_t i = 0; i < r; i++)
        for (int64_t j = 0; j < s; j++)
            for (int64_t l = 0; l < c; l++, row += k)
                fake_gather(row, at(w, t, 0, l, i, j), t->type, t->stride[0], k);
    narrow(out, engine_for(m)->rounds, r * s * c * k);
    return out;
}

/* The window of an output pixel: R S C values, zero outside of the image. */
static void window(float *out, const struct problem *p, void *x, int64_t n, int64_t row, int64_t column)
{
    const struct tensor *t = &p->t[X];
    const int64_t c = t->dim[1];
    for (int64_t r = 0; r < p->t[W].dim[2]; r++)
        for (int64_t s = 0; s < p->t[W].dim[3]; s++, out += c) {
            int64_t i = row * p->stride[0] - p->before[0] + r, j = column * p->stride[1] - p->before[1] + s;
            if (i >= 0 && i < t->dim[2] && j >= 0 && j < t->dim[3])
                fake_gather(out, at(x, t, n, 0, i, j), t->type, t->stride[1], c);
            else
                memset(out, 0, (size_t)c * sizeof *out);
        }
}

/* The channels of one pixel: scaled, added to, stored. */
static void finish(const struct problem *p, const struct addresses *a, int64_t n, int64_t row, int64_t column,
                   float *sum, float *other)
{
    const struct tensor *y = &p->t[Y];
    const int64_t k = y->dim[1];
    for (int64_t i = 0; i < k; i++)
        sum[i] *= (float)p->alpha;
    if (p->beta != 0) {
        fake_gather(other, at(a->t[Y], y, n, 0, row, column), y->type, y->stride[1], k);
        for (int64_t i = 0; i < k; i++)
            sum[i] += (float)p->beta * other[i];
    }
    for (int b = 0; b < p->addends; b++) {
        const struct tensor *t = &p->addend[b];
        fake_round(sum, p->between[b], k);
        fake_gather(other, at(a->addend[b], t, n, 0, row, column), t->type, t->stride[1], k);
        for (int64_t i = 0; i < k; i++)
            sum[i] += other[i];
    }
    fake_scatter(at(a->t[Y], y, n, 0, row, column), sum, y->type, y->stride[1], k);
}

void conv_run(const struct made *m, const struct addresses *a)
{
    const struct problem *p = &m->problem;
    const int64_t *x = p->t[X].dim, *w = p->t[W].dim, *y = p->t[Y].dim;
    const int64_t depth = x[1] * w[2] * w[3], k = y[1], pixels = y[0] * y[2] * y[3];
    float *right = weights(m, a->t[W]), *left = floats(PIXELS * depth), *sum = floats(PIXELS * k), *other = floats(k);
    for (int64_t from = 0; from < pixels; from += PIXELS) {
        const int64_t some = pixels - from < PIXELS ? pixels - from : PIXELS;
        for (int64_t i = 0; i < some; i++)
            window(left + i * depth, p, a->t[X], (from + i) / (y[2] * y[3]), (from + i) / y[3] % y[2],
                   (from + i) % y[3]);
        narrow(left, engine_for(m)->rounds, some * depth);
        fake_product(sum, left, right, some, k, depth);
        for (int64_t i = 0; i < some; i++)
            finish(p, a, (from + i) / (y[2] * y[3]), (from + i) / y[3] % y[2], (from + i) % y[3], sum + i * k, other);
    }
    free(right);
    free(left);
    free(sum);
    free(other);
}

/* e^(x - largest) over their sum, for a row. */
static void softmax(float *x, int64_t n)
{
    float top = x[0], sum = 0;
    for (int64_t i = 1; i < n; i++)
        top = fmaxf(top, x[i]);
    for (int64_t i = 0; i < n; i++)
        sum += x[i] = expf(x[i] - top);
    for (int64_t i = 0; i < n; i++)
        x[i] /= sum;
}

/* One head: k (D,S), v (S,D), the queries in pieces. */
static void head(const struct problem *p, const struct addresses *a, int64_t n, int64_t h, float *room)
{
    const float factor = p->t[FACTOR].by_value ? a->factor : *(const float *)a->t[FACTOR];
    const int64_t t = p->t[Q].dim[2], d = p->t[Q].dim[3], s = p->t[K].dim[2], wide = p->t[V].dim[3];
    float *k = room, *v = k + d * s, *q = v + s * wide, *score = q + QUERIES * d, *y = score + QUERIES * s;
    for (int64_t i = 0; i < d; i++)
        fake_gather(k + i * s, at(a->t[K], &p->t[K], n, h, 0, i), p->t[K].type, p->t[K].stride[2], s);
    for (int64_t i = 0; i < s; i++)
        fake_gather(v + i * wide, at(a->t[V], &p->t[V], n, h, i, 0), p->t[V].type, 1, wide);
    for (int64_t from = 0; from < t; from += QUERIES) {
        const int64_t some = t - from < QUERIES ? t - from : QUERIES;
        for (int64_t i = 0; i < some; i++)
            fake_gather(q + i * d, at(a->t[Q], &p->t[Q], n, h, from + i, 0), p->t[Q].type, 1, d);
        fake_product(score, q, k, some, s, d);
        for (int64_t i = 0; i < some * s; i++)
            score[i] *= factor;
        for (int64_t i = 0; i < some; i++)
            softmax(score + i * s, s);
        fake_product(y, score, v, some, wide, s);
        for (int64_t i = 0; i < some; i++)
            fake_scatter(at(a->t[O], &p->t[O], n, h, from + i, 0), y + i * wide, p->t[O].type, 1, wide);
    }
}

void attention_run(const struct made *m, const struct addresses *a)
{
    const struct problem *p = &m->problem;
    const int64_t d = p->t[Q].dim[3], s = p->t[K].dim[2], wide = p->t[V].dim[3];
    float *room = floats(d * s + s * wide + QUERIES * (d + s + wide));
    for (int64_t n = 0; n < p->t[Q].dim[0]; n++)
        for (int64_t h = 0; h < p->t[Q].dim[1]; h++)
            head(p, a, n, h, room);
    free(room);
}
