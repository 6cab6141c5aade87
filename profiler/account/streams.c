#include <stdlib.h>

#include "profiler/account/parts.h"
#include "profiler/trace/work.h"

/* Work that was launched by itself: a stream does one after the other. */
struct in_line {
    uint32_t stream;
    int64_t begin_ns, end_ns;
};

static int by_stream(const void *a, const void *b)
{
    const struct in_line *x = a, *y = b;
    if (x->stream != y->stream)
        return x->stream < y->stream ? -1 : 1;
    return (x->begin_ns > y->begin_ns) - (x->begin_ns < y->begin_ns);
}

struct err account_streams(const struct trace *t, int32_t r, struct account *out)
{
    struct in_line *work = malloc(((size_t)t->activities + 1) * sizeof *work);
    size_t count = 0;
    if (!work)
        return err_fail("out of memory for an account");
    for (int64_t i = 0; i < t->activities; i++) {
        const struct activity *a = &t->activity[i];
        if (work_is(a) && !a->in_graph && work_repetition(t, a) == r)
            work[count++] = (struct in_line){a->stream, a->begin_ns, a->end_ns};
    }
    qsort(work, count, sizeof *work, by_stream);
    int64_t until = 0;
    for (size_t i = 0; i < count; i++) {
        const struct in_line *w = &work[i];
        if (!i || work[i - 1].stream != w->stream)
            until = w->begin_ns;
        const int64_t shared_until = w->end_ns < until ? w->end_ns : until;
        out->stream_overlap_ns += shared_until > w->begin_ns ? shared_until - w->begin_ns : 0;
        until = w->end_ns > until ? w->end_ns : until;
    }
    free(work);
    return OK;
}
