#include "pipeline/runtime/cpu/rows.h"

#include <omp.h>

#include "pipeline/runtime/cpu/floats.h"

enum { Y, X };

struct err rows_make(const struct site *s, int x, struct rows *out)
{
    const struct value *const value[] = {[Y] = site_result(s), [X] = site_input(s, x)};
    *out = (struct rows){.dtype = {value[Y]->dtype, value[X]->dtype}, .threads = omp_get_max_threads()};
    return walk_make_rows(ARRAY_LEN(value), value, &out->walk);
}

size_t rows_scratch_bytes(const struct rows *r)
{
    bool floats = r->dtype[Y] == DTYPE_f32 && r->dtype[X] == DTYPE_f32;
    return floats ? 0 : (size_t)r->threads * 2 * (size_t)r->walk.length * sizeof(float);
}

void rows_bind(struct rows *r, const void *x, void *y, void *scratch)
{
    r->x = x;
    r->y = y;
    r->scratch = rows_scratch_bytes(r) ? scratch : NULL;
}

void rows_run(const struct rows *r, void (*apply)(const void *context, const struct row *row), const void *context)
{
    const int64_t length = r->walk.length;
#pragma omp parallel for schedule(static) num_threads(r->threads) if (r->walk.rows * length >= PARALLEL_FROM)
    for (int64_t i = 0; i < r->walk.rows; i++) {
        int64_t offset[WALK_VALUES];
        float *buffer[2] = {0};
        for (int j = 0; j < 2 && r->scratch; j++)
            buffer[j] = r->scratch + (2 * omp_get_thread_num() + j) * length;
        walk_at(&r->walk, i, offset);
        struct row row = {.index = i, .length = length, .dtype = r->dtype[Y]};
        row.x = floats_read(element(r->x, r->dtype[X], offset[X]), r->dtype[X], length, buffer[X]);
        row.out = element_out(r->y, r->dtype[Y], offset[Y]);
        row.y = floats_target(row.out, r->dtype[Y], buffer[Y]);
        apply(context, &row);
    }
}
