/* Rows picked by an integer: tokens' embeddings, and the current step's row of a table. */
#include <inttypes.h>

#include "pipeline/runtime/cpu/floats.h"
#include "pipeline/runtime/cpu/kernels.h"
#include "pipeline/runtime/cpu/walk.h"

enum { CHUNK = 1024 /* elements that are converted at once */, TABLE = 0, INDEX = 1 /* inputs */ };

struct gather {
    value_id weight; /* the table, where it comes from the checkpoint; else NO_VALUE */
    enum dtype table_dtype, dtype;
    int64_t rows, width, count; /* of the table; how many are picked */
    int64_t table_step;         /* between its rows; those of the result are dense */
    const void *table;
    const int32_t *index;
    void *to;
};

/* The table in its value's dtype. A mapped file may hold it at any address. */
static struct err load(void *own, const struct loader *loader, void *weights)
{
    const struct gather *k = own;
    struct host_tensor t;
    TRY(loader_get(loader, k->weight, &t));
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < t.count; i += CHUNK) {
        float buffer[CHUNK];
        size_t n = (size_t)(t.count - i < CHUNK ? t.count - i : CHUNK);
        dtype_to_f32(buffer, element(t.data, t.dtype, i), t.dtype, n);
        dtype_from_f32(element_out(weights, k->table_dtype, i), buffer, k->table_dtype, n);
    }
    loader_done(loader, &t);
    return OK;
}

static struct err bind(void *own, const struct binding *b)
{
    struct gather *k = own;
    k->table = k->weight == NO_VALUE ? b->input[TABLE] : b->weights;
    k->index = b->input[INDEX];
    k->to = b->output[0];
    return OK;
}

static void pick(const struct gather *k, int64_t row, int64_t at)
{
    float buffer[CHUNK];
    for (int64_t i = 0; i < k->width; i += CHUNK) {
        int64_t n = k->width - i < CHUNK ? k->width - i : CHUNK;
        const void *from = element(k->table, k->table_dtype, row * k->table_step + i);
        floats_write(element_out(k->to, k->dtype, at * k->width + i), k->dtype, n,
                     floats_read(from, k->table_dtype, n, buffer));
    }
}

static struct err run(void *own)
{
    const struct gather *k = own;
    for (int64_t i = 0; i < k->count; i++) {
        if (k->index[i] < 0 || k->index[i] >= k->rows)
            return err_fail("index %" PRId32 " is outside a table of %" PRId64 " rows", k->index[i], k->rows);
        pick(k, k->index[i], i);
    }
    return OK;
}

static struct err make(const struct site *s, struct kernel *out)
{
    static const struct kernel_class class = {load, bind, run, kernel_free_block};
    const struct value *t = site_input(s, TABLE), *x = site_input(s, INDEX), *y = site_result(s);
    if (x->dtype != DTYPE_i32)
        return err_fail("the index must be i32");
    if ((t->shape.dim[1] > 1 && t->stride[1] != 1) || !value_is_packed(x) || !value_is_packed(y))
        return err_fail("the table's rows, the indices and the result must be dense: a reorder is missing");
    TRY(kernel_make(s->node, &class, sizeof(struct gather), out));
    struct gather *k = out->own;
    *k = (struct gather){.weight = t->rate == RATE_LOAD ? s->node->input[TABLE] : NO_VALUE,
                         .table_dtype = t->dtype,
                         .dtype = y->dtype,
                         .rows = t->shape.dim[0],
                         .width = t->shape.dim[1],
                         .count = shape_count(x->shape),
                         .table_step = t->stride[0]};
    if (k->weight != NO_VALUE) {
        k->table_step = k->width;
        out->weight_bytes = (size_t)shape_count(t->shape) * value_size(t);
    }
    return OK;
}

struct err choose_embedding(const struct site *s, struct kernel *out)
{
    return make(s, out);
}

struct err choose_step_row(const struct site *s, struct kernel *out)
{
    return make(s, out);
}
