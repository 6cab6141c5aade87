#include <stdlib.h>

#include "profiler/rows/rows.h"

static bool is_inside(const struct trace *t, int64_t ns)
{
    for (int32_t r = 0; r < t->repetitions; r++)
        if (ns >= t->repetition[r].begin_ns && ns < t->repetition[r].end_ns)
            return true;
    return false;
}

static int by_name(const void *a, const void *b)
{
    const struct activity *x = *(const struct activity *const *)a, *y = *(const struct activity *const *)b;
    const int order = (x->kind > y->kind) - (x->kind < y->kind);
    return order ? order : (x->name > y->name) - (x->name < y->name);
}

static int by_total(const void *a, const void *b)
{
    const struct trace_host_row *x = a, *y = b;
    const int64_t p = x->total_ns + x->outside_total_ns, q = y->total_ns + y->outside_total_ns;
    const int order = (p < q) - (p > q);
    return order ? order : (x->name > y->name) - (x->name < y->name);
}

static void add(struct trace_host_row *row, const struct activity *a, bool inside)
{
    *(inside ? &row->calls : &row->outside_calls) += 1;
    *(inside ? &row->total_ns : &row->outside_total_ns) += a->end_ns - a->begin_ns;
}

struct err trace_host_rows_make(const struct trace *t, struct trace_host_row **out, int32_t *n)
{
    const struct activity **one = malloc(((size_t)t->activities + 1) * sizeof *one);
    struct trace_host_row *row = malloc(((size_t)t->activities + 1) * sizeof *row);
    size_t count = 0;
    *out = row;
    *n = 0;
    if (!one || !row) {
        free(one);
        free(row);
        *out = NULL;
        return err_fail("out of memory for the rows of a trace");
    }
    for (int64_t i = 0; i < t->activities; i++)
        if (!activity_rows[t->activity[i].kind].device && t->activity[i].end_ns >= t->activity[i].begin_ns)
            one[count++] = &t->activity[i];
    qsort(one, count, sizeof *one, by_name);
    for (size_t i = 0; i < count; i++) {
        if (!i || by_name(&one[i - 1], &one[i]))
            row[(*n)++] = (struct trace_host_row){.kind = one[i]->kind, .name = one[i]->name};
        add(&row[*n - 1], one[i], is_inside(t, one[i]->begin_ns));
    }
    free(one);
    qsort(row, (size_t)*n, sizeof *row, by_total);
    return OK;
}
