#include "pipeline/runtime/cpu/walk.h"

#include <string.h>

#include "pipeline/runtime/cpu/kernels.h"

/* All dimensions longer than one, in the order of the shape; broadcast ones have stride 0. */
static struct walk every_dimension(int values, const struct value *const value[])
{
    struct walk w = {.values = values, .rows = 1, .length = 1};
    const struct shape *shape = &value[0]->shape;
    for (int i = 0; i < shape->rank; i++) {
        if (shape->dim[i] == 1)
            continue;
        w.dim[w.outer] = shape->dim[i];
        for (int v = 0; v < values; v++) {
            int own = i - (shape->rank - value[v]->shape.rank);
            bool has = own >= 0 && value[v]->shape.dim[own] > 1;
            w.stride[v][w.outer] = has ? value[v]->stride[own] : 0;
        }
        w.outer++;
    }
    return w;
}

static void swap(struct walk *w, int i, int j)
{
    int64_t dim = w->dim[i];
    w->dim[i] = w->dim[j];
    w->dim[j] = dim;
    for (int v = 0; v < w->values; v++) {
        int64_t stride = w->stride[v][i];
        w->stride[v][i] = w->stride[v][j];
        w->stride[v][j] = stride;
    }
}

static bool can_join(const struct walk *w, int i)
{
    for (int v = 0; v < w->values; v++)
        if (w->stride[v][i] != w->dim[i + 1] * w->stride[v][i + 1])
            return false;
    return true;
}

static void join(struct walk *w)
{
    for (int i = w->outer - 2; i >= 0; i--) {
        if (!can_join(w, i))
            continue;
        w->dim[i] *= w->dim[i + 1];
        for (int v = 0; v < w->values; v++)
            w->stride[v][i] = w->stride[v][i + 1];
        w->outer--;
        for (int j = i + 1; j < w->outer; j++) {
            w->dim[j] = w->dim[j + 1];
            for (int v = 0; v < w->values; v++)
                w->stride[v][j] = w->stride[v][j + 1];
        }
    }
}

static void count_rows(struct walk *w)
{
    w->rows = 1;
    for (int i = 0; i < w->outer; i++)
        w->rows *= w->dim[i];
}

struct walk walk_make(int values, const struct value *const value[])
{
    struct walk w = every_dimension(values, value);
    for (int i = 1; i < w.outer; i++)
        for (int j = i; j > 0 && w.stride[0][j - 1] < w.stride[0][j]; j--)
            swap(&w, j - 1, j);
    join(&w);
    for (int v = 0; v < values; v++)
        w.step[v] = 1;
    if (w.outer) {
        w.outer--;
        w.length = w.dim[w.outer];
        for (int v = 0; v < values; v++)
            w.step[v] = w.stride[v][w.outer];
    }
    count_rows(&w);
    return w;
}

struct err walk_make_rows(int values, const struct value *const value[], struct walk *out)
{
    *out = every_dimension(values, value);
    int last = value[0]->shape.rank - 1;
    if (value[0]->shape.dim[last] > 1) {
        out->outer--;
        out->length = value[0]->shape.dim[last];
    }
    for (int v = 0; v < values; v++) {
        out->step[v] = 1;
        if (out->length > 1 && value[v]->stride[last] != 1)
            return err_fail("the last dimension is not contiguous in memory: a reorder is missing");
    }
    join(out);
    count_rows(out);
    return OK;
}

void walk_split(struct walk *w)
{
    bool even = w->step[0] == 1;
    for (int v = 1; v < w->values; v++)
        even = even && (w->step[v] == 1 || w->step[v] == 0);
    if (even || w->length == 1)
        return;
    w->dim[w->outer] = w->length;
    for (int v = 0; v < w->values; v++)
        w->stride[v][w->outer] = w->step[v];
    w->outer++;
    w->rows *= w->length;
    w->length = 1;
}

void walk_at(const struct walk *w, int64_t row, int64_t offset[WALK_VALUES])
{
    memset(offset, 0, WALK_VALUES * sizeof *offset);
    for (int i = w->outer - 1; i >= 0; i--) {
        int64_t index = i ? row % w->dim[i] : row;
        for (int v = 0; v < w->values; v++)
            offset[v] += index * w->stride[v][i];
        row /= w->dim[i];
    }
}

bool value_is_packed(const struct value *v)
{
    int64_t step = 1;
    for (int i = v->shape.rank - 1; i >= 0; i--) {
        if (v->shape.dim[i] > 1 && v->stride[i] != step)
            return false;
        step *= v->shape.dim[i];
    }
    return true;
}

void walk_run(const struct walk *w, void (*piece)(const void *context, const int64_t offset[WALK_VALUES], int64_t n),
              const void *context)
{
    int64_t a_row = (w->length + WALK_PIECE - 1) / WALK_PIECE, pieces = w->rows * a_row;
#pragma omp parallel for schedule(static) if (w->rows * w->length >= PARALLEL_FROM)
    for (int64_t i = 0; i < pieces; i++) {
        int64_t offset[WALK_VALUES], first = i % a_row * WALK_PIECE;
        walk_at(w, i / a_row, offset);
        for (int v = 0; v < w->values; v++)
            offset[v] += first * w->step[v];
        piece(context, offset, w->length - first < WALK_PIECE ? w->length - first : WALK_PIECE);
    }
}
