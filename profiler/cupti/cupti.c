/* CUPTI as a source of a trace. The object that this is part of exports nothing but the table at the end. */
#include <stdlib.h>

#include "profiler/cupti/join.h"
#include "profiler/cupti/session.h"
#include "profiler/trace/source.h"

static atomic_bool traced; /* there was a session in this process */

static void free_session(struct session *s)
{
    labels_close(&s->labels);
    err_free(&s->failed);
    free(s);
}

static struct err cupti_open(struct trace *t, void **state)
{
    *state = NULL;
    if (atomic_load(&traced))
        return err_fail("CUPTI can trace once in a process: start another one");
    struct session *s = calloc(1, sizeof *s);
    if (!s)
        return err_fail("out of memory (%zu bytes)", sizeof *s);
    s->trace = t;
    labels_open(&s->labels);
    pthread_mutex_init(&s->lock, NULL);
    struct err e = cupti_load(&s->cupti);
    if (!e.code)
        e = session_start(s);
    if (e.code) {
        free_session(s);
        return e;
    }
    atomic_store(&traced, true);
    *state = s;
    return OK;
}

static void cupti_describe(void *state, struct text *out)
{
    const struct session *s = state;
    cupti_describe_version(s->cupti.version, out);
}

static void push(struct session *s, CUpti_ExternalCorrelationKind sort, int32_t index)
{
    session_note(s, cupti_check(&s->cupti,
                                s->cupti.ActivityPushExternalCorrelationId(sort, (uint64_t)((int64_t)index + 1)),
                                "saying what is launched"));
}

static void pop(struct session *s, CUpti_ExternalCorrelationKind sort)
{
    uint64_t last;
    session_note(
        s, cupti_check(&s->cupti, s->cupti.ActivityPopExternalCorrelationId(sort, &last), "saying what was launched"));
}

static void cupti_launch_begin(void *state, int32_t launch)
{
    labels_launch_begin(launch);
    push(state, LINK_LAUNCH, launch);
}

static void cupti_launch_end(void *state, int32_t launch, uint64_t recorded)
{
    (void)launch;
    struct session *s = state;
    pop(s, LINK_LAUNCH);
    labels_launch_end(&s->labels, recorded);
}

static void cupti_launch_nodes(void *state, const uint64_t *id, uint64_t count)
{
    struct session *s = state;
    labels_nodes_recorded(&s->labels, id, count);
}

static void cupti_run_begin(void *state, int32_t run)
{
    push(state, LINK_RUN, run);
}

static void cupti_run_end(void *state, int32_t run)
{
    (void)run;
    pop(state, LINK_RUN);
}

/* Overheads come with a block of memory that is ours to free, once. */
static void work_and_free(void *join, const struct record *r)
{
    join_work(join, r);
    free(r->extra);
}

static void free_only(void *nothing, const struct record *r)
{
    (void)nothing;
    free(r->extra);
}

static void read_buffers(const struct session *s, const struct record_sink *sink, uint64_t *bad)
{
    for (const struct buffer *b = session_buffers()->full; b; b = b->next)
        *bad += decode(b->bytes, b->valid, s->cupti.ActivityGetNextRecord, sink);
}

static struct err join_all(struct session *s)
{
    struct names names;
    struct join join;
    uint64_t bad = 0, again = 0; /* the second look finds the same */
    names_open(&names, s->trace, &s->cupti);
    join_open(&join, s->trace, &s->labels, &names);
    read_buffers(s, &(struct record_sink){join_link, &join}, &bad);
    read_buffers(s, &(struct record_sink){work_and_free, &join}, &again);
    const bool no_memory = join.no_memory || s->labels.no_memory;
    s->trace->bad_records += bad;
    s->trace->dropped += session_dropped();
    s->trace->label_conflicts += s->labels.conflicts;
    join_close(&join);
    names_close(&names);
    buffers_close(session_buffers());
    return no_memory ? err_fail("out of memory while CUPTI's records were read") : trace_error(s->trace);
}

static struct err cupti_finish(void *state)
{
    struct session *s = state;
    struct err e = session_stop(s);
    e = err_first(e, join_all(s));
    e = err_first(s->failed, e);
    s->failed = OK;
    if (e.code == ERR_ABSENT) /* it was there: what it saw is not whole */
        e.code = ERR_INVALID;
    return e;
}

static void cupti_close(void *state)
{
    struct session *s = state;
    if (!s)
        return;
    struct err e = session_stop(s); /* nothing to do where it has finished */
    err_free(&e);
    uint64_t unread = 0;
    read_buffers(s, &(struct record_sink){free_only, NULL}, &unread);
    buffers_close(session_buffers());
    session_end(s);
    free_session(s);
}

__attribute__((visibility("default"))) const struct trace_source trace_source_cupti = {
    .name = "cupti",
    .open = cupti_open,
    .describe = cupti_describe,
    .launch_begin = cupti_launch_begin,
    .launch_end = cupti_launch_end,
    .launch_nodes = cupti_launch_nodes,
    .run_begin = cupti_run_begin,
    .run_end = cupti_run_end,
    .finish = cupti_finish,
    .close = cupti_close,
};
