#include "profiler/export/events.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/base/text.h"

/* Microseconds: "12.345". Never negative: base_ns is the first time of all. */
struct time_text {
    char text[32];
};
static struct time_text microseconds(int64_t ns)
{
    struct time_text t;
    snprintf(t.text, sizeof t.text, "%jd.%03d", (intmax_t)(ns / 1000), (int)(ns % 1000));
    return t;
}

static void begin(struct events *e)
{
    gzip_add_text(e->file, e->count++ ? ",\n" : "\n");
}

static int process_of(const struct track *t)
{
    return track_rows[t->kind].process;
}

void events_slice(struct events *e, const struct event_slice *s)
{
    begin(e);
    gzip_add(e->file, "{\"ph\":\"X\",\"cat\":\"%s\",\"pid\":%d,\"tid\":%d,\"ts\":%s,\"dur\":%s,\"name\":", s->category,
             process_of(s->track), s->track->id, microseconds(s->begin_ns - e->base_ns).text,
             microseconds(s->end_ns - s->begin_ns).text);
    gzip_add_text(e->file, s->name);
    if (s->args) {
        gzip_add_text(e->file, ",\"args\":");
        gzip_add_text(e->file, s->args);
    }
    gzip_add_text(e->file, "}");
}

void events_arrow(struct events *e, int from, int64_t from_ns, const struct track *to, int64_t to_ns)
{
    static const char head[] = "\"cat\":\"launch\",\"name\":\"launch\"";
    const uint64_t id = ++e->arrows;
    begin(e);
    gzip_add(e->file, "{\"ph\":\"s\",%s,\"id\":%ju,\"pid\":%d,\"tid\":%d,\"ts\":%s}", head, (uintmax_t)id, PROCESS_HOST,
             from, microseconds(from_ns - e->base_ns).text);
    begin(e);
    gzip_add(e->file, "{\"ph\":\"f\",\"bp\":\"e\",%s,\"id\":%ju,\"pid\":%d,\"tid\":%d,\"ts\":%s}", head, (uintmax_t)id,
             process_of(to), to->id, microseconds(to_ns - e->base_ns).text);
}

void events_counter(struct events *e, const char *name, const char *series, int64_t t_ns, double value)
{
    char *name_json = events_quote(name, strlen(name)), *series_json = events_quote(series, strlen(series));
    if (name_json && series_json) {
        begin(e);
        gzip_add(e->file, "{\"ph\":\"C\",\"pid\":%d,\"tid\":%d,\"ts\":%s,\"name\":", PROCESS_DEVICE, PROCESS_DEVICE,
                 microseconds(t_ns - e->base_ns).text);
        gzip_add_text(e->file, name_json);
        gzip_add_text(e->file, ",\"args\":{");
        gzip_add_text(e->file, series_json);
        gzip_add(e->file, ":%.9g}}", value);
    } else if (!e->file->error.code) {
        e->file->error = err_fail("%s: out of memory", e->file->file.path);
    }
    free(name_json);
    free(series_json);
}

static void metadata(struct events *e, int process, int track, const char *what, const char *field, const char *value)
{
    begin(e);
    gzip_add(e->file, "{\"ph\":\"M\",\"pid\":%d,\"tid\":%d,\"ts\":0,\"name\":\"%s\",\"args\":{\"%s\":", process, track,
             what, field);
    gzip_add_text(e->file, value);
    gzip_add_text(e->file, "}}");
}

void events_process(struct events *e, int process, const char *name)
{
    char order[16], *quoted = events_quote(name, strlen(name));
    snprintf(order, sizeof order, "%d", process);
    if (quoted) {
        metadata(e, process, process, "process_name", "name", quoted);
        metadata(e, process, process, "process_sort_index", "sort_index", order);
    } else if (!e->file->error.code) {
        e->file->error = err_fail("%s: out of memory", e->file->file.path);
    }
    free(quoted);
}

void events_track(struct events *e, const struct track *t)
{
    const struct track_row *row = &track_rows[t->kind];
    char name[96], number[16] = "", order[16];
    if (row->numbered)
        snprintf(number, sizeof number, " %u", t->number);
    snprintf(name, sizeof name, "\"%s%s%s\"", row->title, number, t->lane ? ", overlapping" : "");
    snprintf(order, sizeof order, "%d", t->kind * MAX_TRACKS + t->id - FIRST_TRACK);
    metadata(e, row->process, t->id, "thread_name", "name", name);
    metadata(e, row->process, t->id, "thread_sort_index", "sort_index", order);
}

char *events_quote(const char *text, size_t length)
{
    char *json = NULL, *copy = strndup(text, length);
    if (!copy)
        return NULL;
    if (!text_is_utf8(copy, length))
        for (char *at = copy; *at; at++)
            *at = *at & 0x80 ? '?' : *at;
    cJSON *string = cJSON_CreateStringReference(copy);
    if (string)
        json = cJSON_PrintUnformatted(string);
    cJSON_Delete(string);
    free(copy);
    return json;
}
