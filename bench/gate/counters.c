#include "bench/gate/counters.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/gate/json_rows.h"
#include "bench/json.h"

static const struct key {
    const char *name;
    size_t offset, size;
} keys[] = {
#define KEY(name)                                                                  \
    {                                                                              \
#name, offsetof(struct counters, name), sizeof((struct counters *)0)->name \
    }
    KEY(workload),
    KEY(variant),
    KEY(backend),
    KEY(library),
#undef KEY
};
enum { WITHOUT_LIBRARY = ARRAY_LEN(keys) - 1 };

static const struct field {
    const char *name;
    size_t offset;
    bool is_hash;
    bool of_graph;   /* the same with any library */
    bool of_threads; /* another with another number of threads */
} fields[COUNTER_FIELDS] = {
    {"graph_hash", offsetof(struct counters, graph_hash), true, true, false},
    {"launches", offsetof(struct counters, launches), false, false, false},
    {"arena_bytes", offsetof(struct counters, arena_bytes), false, false, true},
    {"weights_bytes", offsetof(struct counters, weights_bytes), false, false, false},
    {"flop", offsetof(struct counters, flop), false, true, false},
};

static uint64_t field_of(const struct counters *c, const struct field *f)
{
    uint64_t value;
    memcpy(&value, (const char *)c + f->offset, sizeof value);
    return value;
}

static const char *key_of(const struct counters *c, const struct key *k)
{
    return (const char *)c + k->offset;
}

/* By the first n parts of the key. */
static int compare_keys(const struct counters *a, const struct counters *b, size_t n)
{
    int order = 0;
    for (size_t i = 0; i < n && !order; i++)
        order = strcmp(key_of(a, &keys[i]), key_of(b, &keys[i]));
    return order;
}

static int by_key(const void *a, const void *b)
{
    return compare_keys(a, b, ARRAY_LEN(keys));
}

/* How much of a backend's line is ahead of the number of its threads. */
static size_t ahead_of_threads(const char *line)
{
    for (const char *at = line; (at = strstr(at, ", ")); at += 2) {
        size_t digits = strspn(at + 2, "0123456789");
        if (digits && !strncmp(at + 2 + digits, " thread", 7))
            return (size_t)(at - line);
    }
    return strlen(line);
}

void counters_library(const char *description, const struct device_facts *device, char out[COUNTERS_LIBRARY])
{
    struct text line = {0};
    if (device && *device->name)
        text_add(&line, "%s%s%s, sm_%d, %s", device->name, *device->slice ? " slice " : "", device->slice,
                 device->capability, *device->libraries ? device->libraries : "unknown libraries");
    else
        text_add_bytes(&line, description, ahead_of_threads(description));
    snprintf(out, COUNTERS_LIBRARY, "%s", line.length ? text_get(&line) : "unknown");
    text_free(&line);
}

cJSON *counters_json(const struct counters *c)
{
    cJSON *object = cJSON_CreateObject();
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        cJSON_AddStringToObject(object, keys[i].name, key_of(c, &keys[i]));
    json_add_count(object, "threads", c->threads);
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        (fields[i].is_hash ? json_add_hash : json_add_count)(object, fields[i].name, field_of(c, &fields[i]));
    return object;
}

struct err counters_parse(const cJSON *object, struct counters *out)
{
    const char *names[ARRAY_LEN(keys) + COUNTER_FIELDS + 2] = {0};
    *out = (struct counters){0};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        names[i] = keys[i].name;
        TRY(json_row_text(object, keys[i].name, (char *)out + keys[i].offset, keys[i].size));
    }
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        uint64_t value;
        names[ARRAY_LEN(keys) + i] = fields[i].name;
        TRY((fields[i].is_hash ? json_row_hash : json_row_count)(object, fields[i].name, &value));
        memcpy((char *)out + fields[i].offset, &value, sizeof value);
    }
    names[ARRAY_LEN(keys) + COUNTER_FIELDS] = "threads";
    TRY(json_row_count(object, "threads", &out->threads));
    return json_row_only(object, names);
}

static struct counters *find(const struct blessed *b, const struct counters *key)
{
    return b->count ? bsearch(key, b->entry, b->count, sizeof *key, by_key) : NULL;
}

struct err blessed_put(struct blessed *b, const struct counters *c)
{
    struct counters *old = find(b, c);
    if (old) {
        *old = *c;
        return OK;
    }
    struct counters *more = realloc(b->entry, (b->count + 1) * sizeof *more);
    if (!more)
        return err_fail("out of memory");
    b->entry = more;
    b->entry[b->count++] = *c;
    qsort(b->entry, b->count, sizeof *b->entry, by_key);
    return OK;
}

static struct err put_row(void *context, const cJSON *object)
{
    struct blessed *b = context;
    struct counters c;
    TRY(counters_parse(object, &c));
    if (find(b, &c))
        return err_fail("a second entry for %s, %s, %s, %s", c.workload, c.variant, c.backend, c.library);
    return blessed_put(b, &c);
}

struct err blessed_read(const char *path, struct blessed *out)
{
    *out = (struct blessed){0};
    struct err e = json_rows_read(path, put_row, out);
    if (e.code)
        blessed_free(out);
    return e;
}

static cJSON *row_of(const void *context, size_t i)
{
    return counters_json(&((const struct blessed *)context)->entry[i]);
}

struct err blessed_write(const struct blessed *b, const char *path)
{
    return json_rows_write(path, b->count, row_of, b);
}

void blessed_free(struct blessed *b)
{
    free(b->entry);
    *b = (struct blessed){0};
}

struct err blessed_bless(const char *path, const struct counters *measured, size_t count)
{
    struct blessed b;
    TRY(blessed_read(path, &b));
    struct err e = OK;
    for (size_t i = 0; i < count && !e.code; i++)
        e = blessed_put(&b, &measured[i]);
    if (!e.code)
        e = blessed_write(&b, path);
    blessed_free(&b);
    return e;
}

static void value_text(const struct field *f, const struct counters *c, char out[24])
{
    if (f->is_hash)
        snprintf(out, 24, "%016" PRIx64, field_of(c, f));
    else
        snprintf(out, 24, "%" PRIu64, field_of(c, f));
}

static struct counters_verdict compare_with(const struct counters *blessed, const struct counters *now, bool other)
{
    struct counters_verdict v = {
        .blessed = blessed, .other_library = other, .other_threads = blessed->threads != now->threads};
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        const struct field *f = &fields[i];
        bool left_out = (other && !f->of_graph) || (v.other_threads && f->of_threads);
        if (left_out || field_of(blessed, f) == field_of(now, f))
            continue;
        struct counter_change *c = &v.change[v.changes++];
        c->field = f->name;
        value_text(f, blessed, c->before);
        value_text(f, now, c->after);
    }
    v.state = v.changes ? COUNTERS_CHANGED : other ? COUNTERS_NEW : COUNTERS_EQUAL;
    return v;
}

struct counters_verdict counters_compare(const struct blessed *b, const struct counters *now)
{
    const struct counters *own = find(b, now);
    if (own)
        return compare_with(own, now, false);
    struct counters_verdict v = {.state = COUNTERS_NEW};
    for (size_t i = 0; i < b->count; i++) {
        if (compare_keys(&b->entry[i], now, WITHOUT_LIBRARY))
            continue;
        struct counters_verdict with = compare_with(&b->entry[i], now, true);
        if (!with.changes)
            return with;
        v = v.blessed ? v : with; /* the first, where none has this graph */
    }
    return v;
}
