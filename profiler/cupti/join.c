#include "profiler/cupti/join.h"

static const enum activity_kind activity_of[RECORD_COUNT] = {
    [RECORD_kernel] = ACTIVITY_kernel,   [RECORD_copy] = ACTIVITY_copy, [RECORD_set] = ACTIVITY_set,
    [RECORD_call] = ACTIVITY_call,       [RECORD_wait] = ACTIVITY_wait, [RECORD_overhead] = ACTIVITY_overhead,
    [RECORD_compile] = ACTIVITY_compile,
};

void join_open(struct join *j, struct trace *t, struct labels *labels, struct names *names)
{
    *j = (struct join){.trace = t, .labels = labels, .names = names};
}

void join_close(struct join *j)
{
    id_map_free(&j->links);
}

static int32_t index_of(uint64_t id, int32_t count)
{
    return id && id <= (uint64_t)count ? (int32_t)(id - 1) : ID_NONE;
}

/* The same one twice says nothing new; two different ones cannot both be right: the first stays. */
static void set(struct trace *t, int32_t *index, int32_t to)
{
    if (*index == ID_NONE)
        *index = to;
    else if (*index != to)
        t->label_conflicts++;
}

void join_link(void *join, const struct record *r)
{
    struct join *j = join;
    const bool of_launch = r->code == LINK_LAUNCH, of_run = r->code == LINK_RUN;
    if (r->what != RECORD_link || !r->correlation || (!of_launch && !of_run))
        return;
    struct id_entry *e = id_map_add(&j->links, r->correlation);
    if (!e)
        j->no_memory = true;
    else if (of_launch)
        set(j->trace, &e->first, index_of(r->id, j->trace->launches));
    else
        set(j->trace, &e->second, index_of(r->id, j->trace->runs));
}

/* Of the driver's call, else of the runtime's around it. */
static struct id_entry call_of(const struct join *j, const struct record *r)
{
    const struct id_entry *e = id_map_find(&j->links, r->correlation);
    if (!e)
        e = id_map_find(&j->links, r->call_correlation);
    return e ? *e : (struct id_entry){.first = ID_NONE, .second = ID_NONE};
}

/* From CUPTI 13.4 on a record also says which node its own was made from, or changed to: no clone need have been told
 * then, and where it was, both have to agree. */
static int32_t launch_of_node(const struct join *j, const struct record *r)
{
    const int32_t by_source = r->source_node ? labels_find(j->labels, r->source_node) : ID_NONE;
    const int32_t by_clone = labels_find(j->labels, r->node);
    j->trace->label_conflicts += by_source != ID_NONE && by_clone != ID_NONE && by_source != by_clone;
    return by_source != ID_NONE ? by_source : by_clone;
}

/* Of work on the device the end comes after the beginning. Of the host's side some records have no times (a call that
 * was not over yet), and they may be shorter than the clock's step. */
static bool has_times(const struct record *r, bool of_device)
{
    return r->begin && r->end <= INT64_MAX && (of_device ? r->begin < r->end : r->begin <= r->end);
}

void join_work(void *join, const struct record *r)
{
    struct join *j = join;
    if (r->what == RECORD_link)
        return;
    const enum activity_kind kind = activity_of[r->what];
    const bool of_device = activity_rows[kind].device;
    if (!has_times(r, of_device)) {
        j->trace->bad_times += of_device;
        return;
    }
    const struct id_entry call = call_of(j, r);
    if (kind == ACTIVITY_kernel && r->device <= INT32_MAX)
        j->trace->device = (int32_t)r->device;
    trace_add_activity(j->trace, &(struct activity){
                                     .begin_ns = (int64_t)r->begin,
                                     .end_ns = (int64_t)r->end,
                                     .correlation = r->correlation,
                                     .bytes = r->bytes,
                                     .name = names_of(j->names, r),
                                     .launch = r->in_graph ? launch_of_node(j, r) : call.first,
                                     .run = call.second,
                                     .shape = kind == ACTIVITY_kernel ? trace_shape(j->trace, &r->shape) : ID_NONE,
                                     .stream = r->stream,
                                     .kind = (uint8_t)kind,
                                     .in_graph = r->in_graph,
                                 });
}
