/* Shares of e^x in the sum over the last dimension. A row belongs to one thread: its largest value, then exponentials
 * and their sum, then the division, which is part of storing. Causal: the row of query t covers keys 0..t, the others
 * get 0. */
#include "pipeline/runtime/cpu/floats.h"
#include "pipeline/runtime/cpu/rows.h"
#include "pipeline/runtime/cpu/shares.h"

struct softmax {
    struct rows rows;
    int64_t queries; /* causal: row r is query r % queries; else 0 */
};

static void one_row(const void *context, const struct row *row)
{
    const struct softmax *k = context;
    int64_t keys = k->queries ? row->index % k->queries + 1 : row->length;
    double sum = shares_exponentials(row->y, DTYPE_f32, row->x, 1, shares_largest(row->x, keys), keys);
    floats_fill(row->y + keys, 0, row->length - keys);
    floats_write_scaled(row->out, row->dtype, row->length, row->y, (float)(1 / sum));
}

static struct err bind(void *own, const struct binding *b)
{
    struct softmax *k = own;
    rows_bind(&k->rows, b->input[0], b->output[0], b->scratch);
    return OK;
}

static struct err run(void *own)
{
    const struct softmax *k = own;
    rows_run(&k->rows, one_row, k);
    return OK;
}

struct err choose_softmax(const struct site *s, struct kernel *out)
{
    static const struct kernel_class class = {NULL, bind, run, kernel_free_block};
    const struct shape *shape = &site_result(s)->shape;
    TRY(kernel_make(s->node, &class, sizeof(struct softmax), out));
    struct softmax *k = out->own;
    TRY(kernel_keep(rows_make(s, 0, &k->rows), out));
    if (s->node->params.causal)
        k->queries = shape->dim[shape->rank - 2];
    out->scratch_bytes = rows_scratch_bytes(&k->rows);
    return OK;
}
