#include "tests/support/event_file.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { MOST_TRACKS = 512, MOST_OPEN = 64, LONGEST_LINE = 1 << 20 };

struct read_track {
    int pid, tid;
    bool named, sorted, used;
    int64_t last_ns; /* beginning of the last slice in the file */
    int open;
    int slice[MOST_OPEN]; /* indices of events that last */
};

struct reader {
    struct event_file *f;
    struct read_track track[MOST_TRACKS];
    int tracks, capacity;
};

__attribute__((format(printf, 2, 3))) static void mistake(struct event_file *f, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (!*f->mistake)
        vsnprintf(f->mistake, sizeof f->mistake, format, args);
    va_end(args);
}

static struct read_track *track_of(struct reader *r, int pid, int tid)
{
    for (int i = 0; i < r->tracks; i++)
        if (r->track[i].pid == pid && r->track[i].tid == tid)
            return &r->track[i];
    cr_assert(r->tracks < MOST_TRACKS);
    r->track[r->tracks] = (struct read_track){.pid = pid, .tid = tid, .last_ns = INT64_MIN};
    return &r->track[r->tracks++];
}

/* A time of the file in nanoseconds; below 0 where there is none, or none that is a whole number of them. */
static int64_t time_of(const cJSON *event, const char *name)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(event, name);
    const double ns = cJSON_IsNumber(value) ? value->valuedouble * 1000 : -1;
    return ns >= 0 && fabs(ns - (double)llround(ns)) < 1e-3 ? llround(ns) : -1;
}

static void take_metadata(struct reader *r, const char *name, int pid, int tid, const cJSON *args)
{
    struct read_track *t = track_of(r, pid, tid);
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(args, "name");
    const cJSON *order = cJSON_GetObjectItemCaseSensitive(args, "sort_index");
    if (!strcmp(name, "thread_name") && cJSON_IsString(value))
        t->named = true;
    else if (!strcmp(name, "thread_sort_index") && cJSON_IsNumber(order))
        t->sorted = true;
    else if (strcmp(name, "process_name") && strcmp(name, "process_sort_index"))
        mistake(r->f, "metadata %s", name);
}

static void take_event(struct reader *r, const cJSON *e)
{
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(e, "name"), *ph = cJSON_GetObjectItemCaseSensitive(e, "ph");
    const cJSON *pid = cJSON_GetObjectItemCaseSensitive(e, "pid"), *tid = cJSON_GetObjectItemCaseSensitive(e, "tid");
    const cJSON *args = cJSON_GetObjectItemCaseSensitive(e, "args"), *id = cJSON_GetObjectItemCaseSensitive(e, "id");
    if (!cJSON_IsString(name) || !cJSON_IsString(ph) || !cJSON_IsNumber(pid) || !cJSON_IsNumber(tid) ||
        time_of(e, "ts") < 0 || strlen(ph->valuestring) != 1 || !strchr("XsfCM", ph->valuestring[0])) {
        mistake(r->f, "an event without name, phase, time or track");
        return;
    }
    struct file_event event = {.t_ns = time_of(e, "ts"), .pid = pid->valueint, .tid = tid->valueint};
    event.phase = ph->valuestring[0];
    snprintf(event.name, sizeof event.name, "%.63s", name->valuestring);
    if (event.phase == 'M') {
        take_metadata(r, event.name, event.pid, event.tid, args);
        return;
    }
    struct read_track *t = track_of(r, event.pid, event.tid);
    if (event.phase == 'X') {
        event.duration_ns = time_of(e, "dur");
        if (event.duration_ns < 0)
            mistake(r->f, "slice %s has no duration", event.name);
        if (event.t_ns < t->last_ns)
            mistake(r->f, "slice %s begins before the one above it in the file", event.name);
        t->last_ns = event.t_ns;
        t->used = true;
    } else if (event.phase == 'C') {
        if (!cJSON_IsObject(args) || !args->child || args->child->next || !cJSON_IsNumber(args->child))
            mistake(r->f, "counter %s has not one value", event.name);
    } else {
        event.id = cJSON_IsNumber(id) ? (uint64_t)id->valuedouble : 0;
        const cJSON *bound = cJSON_GetObjectItemCaseSensitive(e, "bp");
        if (!event.id || (event.phase == 'f' && (!cJSON_IsString(bound) || strcmp(bound->valuestring, "e"))))
            mistake(r->f, "an arrow at %jd has no id, or is not bound to the slice around its end",
                    (intmax_t)event.t_ns);
    }
    if (r->f->events == r->capacity) {
        r->capacity = r->capacity ? 2 * r->capacity : 1024;
        r->f->event = realloc(r->f->event, (size_t)r->capacity * sizeof *r->f->event);
        cr_assert(r->f->event);
    }
    event.depth = r->f->events; /* its place in the file, until it is sorted */
    r->f->event[r->f->events++] = event;
}

/* As the importer sorts: by time, the longer slice first, then by place in the file. */
static int by_time(const void *a, const void *b)
{
    const struct file_event *x = a, *y = b;
    if (x->t_ns != y->t_ns)
        return x->t_ns < y->t_ns ? -1 : 1;
    if (x->phase == 'X' && y->phase == 'X' && x->duration_ns != y->duration_ns)
        return x->duration_ns > y->duration_ns ? -1 : 1;
    return x->depth - y->depth;
}

/* A slice lies beside or inside all that last; what would cut one of them is dropped by a viewer. */
static void judge_slice(struct reader *r, struct read_track *t, int i)
{
    struct event_file *f = r->f;
    struct file_event *e = &f->event[i];
    e->depth = t->open;
    if (t->open) {
        const struct file_event *around = &f->event[t->slice[t->open - 1]];
        snprintf(e->inside, sizeof e->inside, "%s", around->name);
        if (e->t_ns + e->duration_ns > around->t_ns + around->duration_ns)
            mistake(f, "slice %s at %jd (track %d) lasts longer than %s, which it begins in", e->name,
                    (intmax_t)e->t_ns, e->tid, around->name);
    }
    cr_assert(t->open < MOST_OPEN);
    t->slice[t->open++] = i;
    f->deepest = t->open > f->deepest ? t->open : f->deepest;
    f->slices++;
}

static int by_id(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Every arrow begins and ends once, inside slices. */
static void judge_arrow(struct reader *r, struct read_track *t, int i, uint64_t *begun, int *n_begun)
{
    struct file_event *e = &r->f->event[i];
    if (!t->open)
        mistake(r->f, "an end of arrow %ju lies in no slice", (uintmax_t)e->id);
    else
        snprintf(e->inside, sizeof e->inside, "%s", r->f->event[t->slice[t->open - 1]].name);
    if (e->phase == 's')
        begun[(*n_begun)++] = e->id;
    else
        r->f->arrows++;
}

static void judge(struct reader *r)
{
    struct event_file *f = r->f;
    uint64_t *begun = calloc((size_t)f->events + 1, sizeof *begun),
             *ended = calloc((size_t)f->events + 1, sizeof *ended);
    int n_begun = 0;
    cr_assert(begun && ended);
    if (f->events)
        qsort(f->event, (size_t)f->events, sizeof *f->event, by_time);
    for (int i = 0; i < f->events; i++) {
        struct file_event *e = &f->event[i];
        struct read_track *t = track_of(r, e->pid, e->tid);
        while (t->open && f->event[t->slice[t->open - 1]].t_ns + f->event[t->slice[t->open - 1]].duration_ns <= e->t_ns)
            t->open--;
        e->depth = 0;
        if (e->phase == 'X')
            judge_slice(r, t, i);
        else if (e->phase == 'C')
            f->counters++;
        else
            judge_arrow(r, t, i, begun, &n_begun);
        if (e->phase == 'f')
            ended[f->arrows - 1] = e->id;
    }
    qsort(begun, (size_t)n_begun, sizeof *begun, by_id);
    qsort(ended, (size_t)f->arrows, sizeof *ended, by_id);
    if (n_begun != f->arrows || memcmp(begun, ended, (size_t)n_begun * sizeof *begun))
        mistake(f, "%d arrows begin, %d end, or others", n_begun, f->arrows);
    for (int i = 1; i < n_begun; i++)
        if (begun[i] == begun[i - 1])
            mistake(f, "two arrows have the id %ju", (uintmax_t)begun[i]);
    free(begun);
    free(ended);
    for (int i = 0; i < r->tracks; i++) {
        f->tracks += r->track[i].used;
        if (r->track[i].used && !(r->track[i].named && r->track[i].sorted))
            mistake(f, "track %d has no name or place", r->track[i].tid);
    }
}

struct event_file event_file_read(const char *path)
{
    struct event_file f = {0};
    struct reader *r = calloc(1, sizeof *r);
    char *line = malloc(LONGEST_LINE);
    gzFile file = gzopen(path, "rb");
    cr_assert(r && line && file && !gzdirect(file), "%s is not packed with gzip", path);
    r->f = &f;
    bool inside = false;
    while (gzgets(file, line, LONGEST_LINE)) {
        if (!strncmp(line, "],", 2))
            inside = false;
        if (inside) {
            cJSON *event = cJSON_Parse(line); /* it stops at the comma */
            if (!event)
                mistake(&f, "not JSON: %.400s", line);
            else
                take_event(r, event);
            cJSON_Delete(event);
        }
        if (strstr(line, "\"traceEvents\":["))
            inside = true;
    }
    cr_assert(gzeof(file) && gzclose(file) == Z_OK, "%s is cut off", path);
    judge(r);
    free(line);
    free(r);
    return f;
}

void event_file_free(struct event_file *f)
{
    free(f->event);
    *f = (struct event_file){0};
}

cJSON *event_file_json(const char *path)
{
    size_t length = 0, capacity = 1 << 20;
    char *bytes = malloc(capacity);
    gzFile file = gzopen(path, "rb");
    cr_assert(file && bytes, "%s cannot be read", path);
    for (int n; (n = gzread(file, bytes + length, (unsigned)(capacity - length))) > 0;) {
        length += (size_t)n;
        if (length == capacity)
            bytes = realloc(bytes, capacity *= 2);
        cr_assert(bytes);
    }
    cr_assert(gzclose(file) == Z_OK);
    cJSON *json = cJSON_ParseWithLengthOpts(bytes, length, NULL, false);
    free(bytes);
    cr_assert(json, "%s is not JSON", path);
    return json;
}
