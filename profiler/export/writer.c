#include "profiler/export/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

void write_runs(struct writer *w)
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

void write_activity(struct writer *w, int64_t i)
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
        kernel_args(&w->texts, a, &w->args);
        s.args = w->args.bytes;
    }
    struct track *t = add_slice(w, kind, a->stream, &s);
    if (t && row->device)
        add_arrow(w, a, t);
    else if (t && a->correlation && a->end_ns > a->begin_ns)
        recent_calls_add(&w->calls, &(struct recent_call){a->correlation, a->begin_ns, t->id});
}
