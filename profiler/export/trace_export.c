#include "profiler/export/trace_export.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/export/events.h"
#include "profiler/export/kernel_args.h"
#include "profiler/export/layers.h"
#include "profiler/export/recent_calls.h"

struct writer {
    const struct trace *trace;
    struct selection selection;
    struct gzip_file *file;
    struct events events;
    struct tracks tracks;
    struct layers layers;
    struct quoted_texts texts;
    struct text name, args;
    struct recent_calls calls;
    bool *has_steps; /* of each plan: whether it has a step after the first */
    uint64_t left_out;
    bool no_memory;
};

/* A slice on the track where it fits; NULL where there is none. */
static struct track *add_slice(struct writer *w, enum track_kind kind, uint32_t number, struct event_slice *s)
{
    bool is_new;
    struct track *t = tracks_place(&w->tracks, kind, number, s->begin_ns, s->end_ns, &is_new);
    if (!t) {
        w->left_out++;
        return NULL;
    }
    if (is_new)
        events_track(&w->events, t);
    s->track = t;
    events_slice(&w->events, s);
    return t;
}

/* "denoise_step step 3", "denoise_step run"; what has no second step is "decoder". */
static const char *run_name(struct writer *w, const struct traced_run *r)
{
    char *quoted;
    w->name.length = 0;
    text_add(&w->name, "%s", w->trace->text[w->trace->plan[r->plan].name]);
    if (r->stage != STAGE_STEP)
        text_add(&w->name, " %s", stage_names[r->stage]);
    else if (w->has_steps[r->plan])
        text_add(&w->name, " %s %d", stage_names[r->stage], (int)r->step);
    quoted = events_quote(w->name.bytes, w->name.length);
    w->no_memory |= !quoted;
    w->name.length = 0;
    text_add(&w->name, "%s", quoted ? quoted : "\"\"");
    free(quoted);
    return w->name.bytes;
}

static const char *run_args(struct writer *w, const struct traced_run *r)
{
    static const char *const hows[] = {
        [RUN_LAUNCHED] = "launched", [RUN_FIRST] = "first", [RUN_RECORDED] = "recorded", [RUN_REPLAYED] = "replayed"};
    w->args.length = 0;
    text_add(&w->args, "{\"how\":\"%s\",\"repetition\":%d}", hows[r->how], (int)r->repetition);
    return w->args.bytes;
}

static void add_run(struct writer *w, enum track_kind kind, int32_t run, int64_t begin_ns, int64_t end_ns)
{
    const struct traced_run *r = &w->trace->run[run];
    struct event_slice s = {.category = "run", .begin_ns = begin_ns, .end_ns = end_ns};
    s.name = run_name(w, r);
    s.args = run_args(w, r);
    add_slice(w, kind, 0, &s);
}

/* What the host enqueued: repetitions, and the runs in them. */
static void add_runs(struct writer *w)
{
    int32_t run = 0;
    for (int32_t i = 0; i < w->selection.repetitions; i++) {
        const struct repetition *r = &w->trace->repetition[i];
        char name[32];
        snprintf(name, sizeof name, "\"repetition %d\"", (int)i);
        struct event_slice s = {
            .category = "repetition", .name = name, .begin_ns = r->begin_ns, .end_ns = r->end_ns, .args = NULL};
        if (r->end_ns >= r->begin_ns)
            add_slice(w, TRACK_RUNS, 0, &s);
        for (; run < w->trace->runs && w->trace->run[run].repetition <= i; run++) {
            const struct traced_run *t = &w->trace->run[run];
            if (selection_has_run(&w->selection, run) && t->end_ns >= t->begin_ns)
                add_run(w, TRACK_RUNS, run, t->begin_ns, t->end_ns);
        }
    }
}

static void add_layers(struct writer *w, int64_t i)
{
    struct layer_slice slice[MAX_LEVELS];
    const int n = layers_open(&w->layers, i, slice);
    for (int k = 0; k < n; k++) {
        const struct layer_slice *l = &slice[k];
        if (!l->group) {
            add_run(w, TRACK_LAYERS, l->run, l->begin_ns, l->end_ns);
            continue;
        }
        char *name = events_quote(l->group, l->length);
        struct event_slice s = {
            .category = "layer", .name = name ? name : "\"\"", .begin_ns = l->begin_ns, .end_ns = l->end_ns};
        w->no_memory |= !name;
        add_slice(w, TRACK_LAYERS, 0, &s);
        free(name);
    }
}

/* From its call to a piece of device work. Of all that one call replayed only the first has one: the rest follows. */
static void add_arrow(struct writer *w, const struct activity *a, struct track *t)
{
    const struct recent_call *call = recent_calls_find(&w->calls, a->correlation);
    if (!call || a->end_ns == a->begin_ns || (a->in_graph && t->correlation == a->correlation))
        return;
    if (a->in_graph)
        t->correlation = a->correlation;
    events_arrow(&w->events, call->track, call->begin_ns, t, a->begin_ns);
}

static void add_activity(struct writer *w, int64_t i)
{
    const struct activity *a = &w->trace->activity[i];
    const struct activity_row *row = &activity_rows[a->kind];
    const enum track_kind kind = !row->device ? TRACK_THREAD : a->in_graph ? TRACK_GRAPH : TRACK_STREAM;
    char title[64];
    snprintf(title, sizeof title, "\"%s\"", row->title);
    struct event_slice s = {.category = row->name,
                            .name = a->name ? quoted_text(&w->texts, a->name) : title,
                            .begin_ns = a->begin_ns,
                            .end_ns = a->end_ns};
    if (row->device) {
        add_layers(w, i);
        if (selection_is_detailed(&w->selection, a)) {
            kernel_args(&w->texts, a, &w->args);
            s.args = w->args.bytes;
        }
    }
    struct track *t = add_slice(w, kind, a->stream, &s);
    if (t && row->device)
        add_arrow(w, a, t);
    else if (t && a->correlation && a->end_ns > a->begin_ns)
        recent_calls_add(&w->calls, &(struct recent_call){a->correlation, a->begin_ns, t->id});
}

static void add_counters(struct writer *w, const struct trace_export *x)
{
    for (size_t i = 0; i < x->counters; i++) {
        const struct trace_counter *c = &x->counter[i];
        if (c->t_ns >= w->selection.begin_ns && c->t_ns <= w->selection.end_ns && isfinite(c->value))
            events_counter(&w->events, c->name, c->unit, c->t_ns, c->value);
    }
}

static void add_member(struct writer *w, const char *before, const char *name, const char *value)
{
    char *name_json = events_quote(name, strlen(name)), *value_json = events_quote(value, strlen(value));
    w->no_memory |= !name_json || !value_json;
    gzip_add_text(w->file, before);
    gzip_add_text(w->file, name_json ? name_json : "\"\"");
    gzip_add_text(w->file, ":");
    gzip_add_text(w->file, value_json ? value_json : "\"\"");
    free(name_json);
    free(value_json);
}

static struct err find_steps(struct writer *w)
{
    w->has_steps = calloc((size_t)w->trace->plans + 1, sizeof *w->has_steps);
    if (!w->has_steps)
        return err_fail("out of memory (%d plans of a trace)", (int)w->trace->plans);
    for (int32_t i = 0; i < w->trace->runs; i++)
        w->has_steps[w->trace->run[i].plan] |= w->trace->run[i].step > 0;
    return OK;
}

static void write_all(struct writer *w, const struct trace_export *x)
{
    const struct trace *t = w->trace;
    gzip_add(w->file, "{\"schemaVersion\":1,\"displayTimeUnit\":\"ns\",\"baseTimeNanoseconds\":%jd,\n",
             (intmax_t)w->selection.begin_ns);
    gzip_add_text(w->file, "\"deviceProperties\":[{");
    for (size_t i = 0; i < x->properties; i++)
        add_member(w, i ? "," : "", x->property[i].name, x->property[i].value);
    gzip_add_text(w->file, "}],\n\"traceEvents\":[");
    events_process(&w->events, PROCESS_DEVICE, x->device ? x->device : "device");
    events_process(&w->events, PROCESS_HOST, "host");
    add_counters(w, x);
    add_runs(w);
    for (int64_t i = 0; i < t->activities && !w->file->error.code; i++)
        if (selection_has(&w->selection, &t->activity[i]))
            add_activity(w, i);
        else
            w->left_out += t->activity[i].end_ns < t->activity[i].begin_ns;
    gzip_add_text(w->file, "\n],\n\"otherData\":{");
    if (x->title)
        add_member(w, "", "title", x->title);
    gzip_add(w->file, "%s\"repetitions\":%d,\"steps\":%d,\"left_out\":%ju,\"dropped\":%ju,\"bad_times\":%ju}}\n",
             x->title ? "," : "", (int)w->selection.repetitions, (int)w->selection.steps, (uintmax_t)w->left_out,
             (uintmax_t)t->dropped, (uintmax_t)t->bad_times);
}

struct err trace_export_write(const struct trace_export *x, const char *path, struct trace_export_size *size)
{
    uint64_t bytes = 0;
    struct writer *w = calloc(1, sizeof *w);
    if (!w)
        return err_fail("%s: out of memory", path);
    w->trace = x->trace;
    struct err e = selection_make(x, &w->selection);
    if (!e.code)
        e = quoted_texts_make(x->trace, &w->texts);
    if (!e.code)
        e = find_steps(w);
    if (!e.code)
        e = gzip_create(path, &w->file);
    if (!e.code) {
        w->layers = (struct layers){.selection = &w->selection, .before = -1};
        for (int k = 0; k < MAX_LEVELS; k++)
            w->layers.level[k].begin_ns = w->layers.level[k].end_ns = w->selection.begin_ns;
        w->events = (struct events){.file = w->file, .base_ns = w->selection.begin_ns};
        write_all(w, x);
        if ((w->no_memory || w->texts.no_memory) && !w->file->error.code)
            w->file->error = err_fail("%s: out of memory", path);
        e = gzip_commit(w->file, &bytes);
    }
    if (!e.code && size)
        *size = (struct trace_export_size){w->events.count, bytes, w->left_out};
    quoted_texts_free(&w->texts);
    free(w->has_steps);
    text_free(&w->name);
    text_free(&w->args);
    free(w);
    return e;
}
