#include "profiler/trace/trace.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "profiler/trace/index_table.h"

const struct activity_row activity_rows[ACTIVITY_COUNT] = {
#define ACTIVITY(name, title, device) [ACTIVITY_##name] = {#name, title, device},
#include "profiler/trace/activities.def"
#undef ACTIVITY
};

struct trace_private {
    struct index_table texts, shapes;
    int64_t plans, launches, runs, repetitions, activities, shape_list, text_list; /* capacities of the lists */
    bool no_memory;
};

enum { FIRST_CAPACITY = 64 };

/* Makes room in a list for one entry more than its `count`, at most `limit` entries. `list` points to the pointer to
 * it, whatever its type: it may move. */
static bool reserve(struct trace *t, void *list, int64_t *capacity, int64_t count, size_t bytes, int64_t limit)
{
    if (count < *capacity)
        return true;
    const int64_t wanted = *capacity ? 2 * *capacity : FIRST_CAPACITY;
    void *old, *grown = NULL;
    memcpy(&old, list, sizeof old);
    if (count < limit && (uint64_t)wanted <= SIZE_MAX / bytes)
        grown = realloc(old, (size_t)wanted * bytes);
    if (!grown) {
        t->own->no_memory = true;
        return false;
    }
    memcpy(list, &grown, sizeof grown);
    *capacity = wanted;
    return true;
}

/* Appends *entry to t->list, which has `count` entries; the index. */
#define APPEND(t, list, count, capacity, entry, limit)                                 \
    (reserve(t, &(t)->list, &(t)->own->capacity, (t)->count, sizeof *(t)->list, limit) \
         ? ((t)->list[(t)->count] = *(entry), (int64_t)(t)->count++)                   \
         : -1)

struct trace *trace_new(void)
{
    struct trace *t = calloc(1, sizeof *t);
    if (!t || !(t->own = calloc(1, sizeof *t->own))) {
        free(t);
        return NULL;
    }
    t->device = -1;
    trace_text(t, "");
    if (t->own->no_memory) {
        trace_free(t);
        return NULL;
    }
    return t;
}

void trace_free(struct trace *t)
{
    if (!t)
        return;
    for (int32_t i = 0; i < t->launches; i++)
        free(t->launch[i].path);
    for (uint32_t i = 0; i < t->texts; i++)
        free(t->text[i]);
    index_table_free(&t->own->texts);
    index_table_free(&t->own->shapes);
    free(t->plan);
    free(t->launch);
    free(t->run);
    free(t->repetition);
    free(t->activity);
    free(t->shape);
    free(t->text);
    free(t->own);
    free(t);
}

int32_t trace_add_plan(struct trace *t, const struct traced_plan *p)
{
    return (int32_t)APPEND(t, plan, plans, plans, p, INT32_MAX);
}

int32_t trace_add_launch(struct trace *t, const struct traced_launch *l)
{
    int32_t index = (int32_t)APPEND(t, launch, launches, launches, l, INT32_MAX);
    if (index < 0)
        free(l->path);
    return index;
}

int32_t trace_add_run(struct trace *t, const struct traced_run *r)
{
    return (int32_t)APPEND(t, run, runs, runs, r, INT32_MAX);
}

int32_t trace_add_repetition(struct trace *t, const struct repetition *r)
{
    return (int32_t)APPEND(t, repetition, repetitions, repetitions, r, INT32_MAX);
}

int64_t trace_add_activity(struct trace *t, const struct activity *a)
{
    return APPEND(t, activity, activities, activities, a, INT64_MAX);
}

struct wanted {
    const struct trace *trace;
    const void *entry;
};

static bool same_text(const void *context, uint32_t index)
{
    const struct wanted *w = context;
    return !strcmp(w->trace->text[index], w->entry);
}

static bool same_shape(const void *context, uint32_t index)
{
    const struct wanted *w = context;
    return !memcmp(&w->trace->shape[index], w->entry, sizeof(struct kernel_shape));
}

uint32_t trace_text(struct trace *t, const char *text)
{
    const uint64_t hash = XXH3_64bits(text, strlen(text));
    int64_t known = index_table_find(&t->own->texts, hash, same_text, &(struct wanted){t, text});
    if (known >= 0)
        return (uint32_t)known;
    char *copy = index_table_reserve(&t->own->texts) ? strdup(text) : NULL;
    known = copy ? APPEND(t, text, texts, text_list, &copy, INT32_MAX) : -1;
    if (known < 0) {
        free(copy);
        t->own->no_memory = true;
        return 0;
    }
    index_table_add(&t->own->texts, hash, (uint32_t)known);
    return (uint32_t)known;
}

int32_t trace_shape(struct trace *t, const struct kernel_shape *s)
{
    const uint64_t hash = XXH3_64bits(s, sizeof *s); /* 13 numbers of 32 bits: no padding */
    _Static_assert(sizeof *s == 13 * sizeof(uint32_t), "padding would be part of the hash");
    int64_t known = index_table_find(&t->own->shapes, hash, same_shape, &(struct wanted){t, s});
    if (known >= 0)
        return (int32_t)known;
    known = index_table_reserve(&t->own->shapes) ? APPEND(t, shape, shapes, shape_list, s, INT32_MAX) : -1;
    if (known < 0) {
        t->own->no_memory = true;
        return -1;
    }
    index_table_add(&t->own->shapes, hash, (uint32_t)known);
    return (int32_t)known;
}

int32_t trace_find_plan(const struct trace *t, const void *plan)
{
    for (int32_t i = t->plans - 1; i >= 0; i--)
        if (t->plan[i].plan == plan)
            return i;
    return -1;
}

struct err trace_error(const struct trace *t)
{
    return t->own->no_memory
               ? err_fail("out of memory for the trace (%jd activities): trace fewer repetitions or steps",
                          (intmax_t)t->activities)
               : OK;
}

/* Times tie where a clock is coarse: further fields make the order the same whatever the sort does. */
static int by_time(const void *a, const void *b)
{
    const struct activity *x = a, *y = b;
#define BY(field)             \
    if (x->field != y->field) \
        return x->field < y->field ? -1 : 1;
    BY(begin_ns)
    BY(end_ns)
    BY(stream)
    BY(correlation)
    BY(run)
    BY(launch)
    BY(name)
#undef BY
    return 0;
}

void trace_sort(struct trace *t)
{
    int64_t sorted = 1;
    while (sorted < t->activities && by_time(&t->activity[sorted - 1], &t->activity[sorted]) <= 0)
        sorted++;
    if (sorted < t->activities)
        qsort(t->activity, (size_t)t->activities, sizeof *t->activity, by_time);
}
