#include <stdlib.h>

#include "profiler/rows/parts.h"
#include "profiler/trace/work.h"

struct call {
    const struct activity *work;
    int64_t gap_ns;
};

static int by_row(const void *a, const void *b)
{
    const struct call *x = a, *y = b;
    int order = work_compare(x->work, y->work);
    return order ? order : (x->work > y->work) - (x->work < y->work); /* the trace is sorted by time */
}

/* Calls of all repetitions, row by row, in each by time. */
static struct err gather(const struct trace *t, struct call **out, int64_t *count)
{
    struct call *call = malloc(((size_t)t->activities + 1) * sizeof *call);
    int64_t until = 0; /* the end of all work so far, of repetitions or not */
    *out = call;
    *count = 0;
    if (!call)
        return err_fail("out of memory for the rows of a trace");
    for (int64_t i = 0; i < t->activities; i++) {
        const struct activity *a = &t->activity[i];
        if (!work_is(a))
            continue;
        const int32_t r = work_repetition(t, a);
        if (r >= 0) {
            const int64_t begin = t->repetition[r].begin_ns, since = until > begin ? until : begin;
            call[(*count)++] = (struct call){a, a->begin_ns > since ? a->begin_ns - since : 0};
        }
        until = a->end_ns > until ? a->end_ns : until;
    }
    qsort(call, (size_t)*count, sizeof *call, by_row);
    return OK;
}

static int32_t count_rows(const struct call *call, int64_t count)
{
    int32_t rows = 0;
    for (int64_t i = 0; i < count; i++)
        rows += !i || work_compare(call[i - 1].work, call[i].work);
    return rows;
}

static void fill(const struct call *call, int64_t count, struct trace_rows *out)
{
    int64_t *time = out->times, *gap = out->times + count;
    for (int64_t i = 0; i < count; i++) {
        const struct activity *a = call[i].work;
        if (!i || work_compare(call[i - 1].work, a))
            out->row[out->rows++] = (struct trace_row){.kind = a->kind,
                                                       .launch = a->launch,
                                                       .shape = a->shape,
                                                       .name = a->name,
                                                       .in_graph = a->in_graph,
                                                       .time_ns = time + i,
                                                       .gap_ns = gap + i};
        struct trace_row *row = &out->row[out->rows - 1];
        row->time_ns[row->calls] = a->end_ns - a->begin_ns;
        row->gap_ns[row->calls++] = call[i].gap_ns;
        row->total_ns += a->end_ns - a->begin_ns;
        row->bytes += a->bytes;
    }
}

static int longest_first(const void *a, const void *b)
{
    const struct trace_row *x = a, *y = b;
    if (x->total_ns != y->total_ns)
        return x->total_ns < y->total_ns ? 1 : -1;
    return (x->time_ns > y->time_ns) - (x->time_ns < y->time_ns); /* as by_row has them */
}

/* Rows are in order of their totals: the first kernel of a launch is its longest; where it has none, the first row. */
static struct err choose_main(const struct trace *t, struct trace_rows *out)
{
    bool *has_main = calloc((size_t)t->launches + 1, sizeof *has_main);
    if (!has_main)
        return err_fail("out of memory for the rows of a trace");
    for (int kernels = 1; kernels >= 0; kernels--)
        for (int32_t i = 0; i < out->rows; i++) {
            struct trace_row *row = &out->row[i];
            if (row->launch < 0 || has_main[row->launch] || (kernels && row->kind != ACTIVITY_kernel))
                continue;
            row->main = has_main[row->launch] = true;
        }
    free(has_main);
    return OK;
}

struct err rows_make_calls(const struct trace *t, struct trace_rows *out)
{
    struct call *call;
    int64_t count;
    TRY(gather(t, &call, &count));
    out->times = malloc((2 * (size_t)count + 1) * sizeof *out->times);
    out->row = malloc(((size_t)count_rows(call, count) + 1) * sizeof *out->row);
    struct err e = out->times && out->row ? OK : err_fail("out of memory for the rows of a trace");
    if (!e.code) {
        fill(call, count, out);
        qsort(out->row, (size_t)out->rows, sizeof *out->row, longest_first);
        e = choose_main(t, out);
    }
    free(call);
    return e;
}
