#include "profiler/trace/work.h"

bool work_has_bad_times(const struct activity *a)
{
    return activity_rows[a->kind].device && (a->begin_ns <= 0 || a->end_ns <= a->begin_ns);
}

bool work_is(const struct activity *a)
{
    return activity_rows[a->kind].device && !work_has_bad_times(a);
}

int32_t work_repetition(const struct trace *t, const struct activity *a)
{
    if (a->run >= 0)
        return t->run[a->run].repetition;
    for (int32_t r = 0; r < t->repetitions; r++)
        if (a->begin_ns < t->repetition[r].end_ns && a->end_ns > t->repetition[r].begin_ns)
            return r;
    return -1;
}

int work_compare(const struct activity *a, const struct activity *b)
{
#define BY(field)             \
    if (a->field != b->field) \
        return a->field < b->field ? -1 : 1;
    BY(launch)
    BY(kind)
    BY(name)
    BY(shape)
    BY(in_graph)
#undef BY
    return 0;
}
