#include "profiler/export/trace_export.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/export/writer.h"

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
    write_runs(w);
    for (int64_t i = 0; i < t->activities && !w->file->error.code; i++)
        if (selection_has(&w->selection, &t->activity[i]))
            write_activity(w, i);
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
