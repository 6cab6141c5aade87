#include "bench/gate/json_rows.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/base/file.h"
#include "pipeline/base/hex.h"
#include "pipeline/base/text.h"

static const char spaces[] = " \t\r\n";

struct reading {
    const char *path, *begin, *at; /* the text ends in NUL */
};

static int line_of(const struct reading *r, const char *at)
{
    int line = 1;
    for (const char *c = r->begin; c < at; c++)
        line += *c == '\n';
    return line;
}

static struct err wrong(const struct reading *r, const char *at, const char *what)
{
    return err_fail("%s, line %d: %s; repair it, or take it back from git", r->path, line_of(r, at), what);
}

static char next(struct reading *r)
{
    r->at += strspn(r->at, spaces);
    return *r->at;
}

static struct err read_row(struct reading *r, struct err (*row)(void *context, const cJSON *object), void *context)
{
    const char *begin = r->at, *end = r->at;
    cJSON *object = cJSON_ParseWithOpts(begin, &end, false);
    if (!object)
        return wrong(r, end, "is no JSON");
    r->at = end;
    struct err e = cJSON_IsObject(object) ? row(context, object) : err_fail("is no object {...}");
    cJSON_Delete(object);
    return err_wrap(e, "%s, line %d", r->path, line_of(r, begin));
}

static struct err read_rows(struct reading *r, struct err (*row)(void *context, const cJSON *object), void *context)
{
    if (next(r) != '[')
        return wrong(r, r->at, "a list is to begin with [");
    r->at++;
    for (bool first = true; next(r) != ']'; first = false) {
        if (!first && *r->at != ',')
            return wrong(r, r->at, *r->at ? "a comma or ] is missing" : "ends in the middle of the list");
        r->at += !first;
        if (!next(r))
            return wrong(r, r->at, "ends in the middle of the list");
        TRY(read_row(r, row, context));
    }
    r->at++;
    return next(r) ? wrong(r, r->at, "there is more behind the list") : OK;
}

struct err json_rows_read(const char *path, struct err (*row)(void *context, const cJSON *object), void *context)
{
    if (!file_exists(path))
        return OK;
    struct file_map map;
    TRY(file_map(path, &map));
    const char *bytes = map.bytes ? (const char *)map.bytes : "";
    bool is_text = text_is_utf8(bytes, map.size) && !memchr(bytes, 0, map.size);
    char *text = strndup(bytes, map.size);
    file_unmap(&map);
    struct err e;
    if (!text)
        e = err_fail("%s: out of memory", path);
    else if (!is_text)
        e = err_fail("%s: is no text; take it back from git", path);
    else
        e = read_rows(&(struct reading){path, text, text}, row, context);
    free(text);
    return e;
}

static struct err make_folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return OK;
    char *folder = strndup(path, (size_t)(slash - path));
    struct err e = folder ? file_make_folder(folder) : err_fail("out of memory");
    free(folder);
    return e;
}

static struct err add_row(struct text *out, cJSON *object, bool first)
{
    char *line = object ? cJSON_PrintUnformatted(object) : NULL;
    cJSON_Delete(object);
    if (!line)
        return err_fail("out of memory");
    text_add(out, "%s%s", first ? "\n" : ",\n", line);
    cJSON_free(line);
    return OK;
}

struct err json_rows_write(const char *path, size_t count, cJSON *(*object)(const void *context, size_t i),
                           const void *context)
{
    struct text out = {0};
    struct file_writer w = {0};
    struct err e = make_folder_of(path);
    text_add(&out, "[");
    for (size_t i = 0; i < count && !e.code; i++)
        e = add_row(&out, object(context, i), i == 0);
    text_add(&out, "\n]\n");
    if (!e.code)
        e = file_create(path, &w);
    if (!e.code)
        e = file_write(&w, out.bytes, out.length);
    if (!e.code)
        e = file_commit(&w);
    text_free(&out);
    return e;
}

struct err json_row_text(const cJSON *object, const char *name, char *out, size_t size)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!cJSON_IsString(item) || !*item->valuestring)
        return err_fail("%s is missing, or no text", name);
    if (strlen(item->valuestring) >= size)
        return err_fail("%s is longer than %zu bytes", name, size - 1);
    for (const char *c = item->valuestring; *c; c++)
        if ((unsigned char)*c < ' ')
            return err_fail("%s has a control character", name);
    memcpy(out, item->valuestring, strlen(item->valuestring) + 1);
    return OK;
}

struct err json_row_count(const cJSON *object, const char *name, uint64_t *out)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    double value = cJSON_IsNumber(item) ? item->valuedouble : -1;
    if (!(value >= 0 && value <= 0x1p53 && value == floor(value)))
        return err_fail("%s is missing, or no whole number from 0 to 2^53", name);
    *out = (uint64_t)value;
    return OK;
}

struct err json_row_hash(const cJSON *object, const char *name, uint64_t *out)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    unsigned char bytes[8];
    if (!cJSON_IsString(item) || !hex_read(item->valuestring, bytes, sizeof bytes))
        return err_fail("%s is missing, or not 16 hexadecimal digits", name);
    *out = 0;
    for (size_t i = 0; i < sizeof bytes; i++)
        *out = *out << 8 | bytes[i];
    return OK;
}

struct err json_row_only(const cJSON *object, const char *const *names)
{
    for (const cJSON *field = object->child; field; field = field->next) {
        size_t i = 0;
        while (names[i] && strcmp(names[i], field->string))
            i++;
        if (!names[i])
            return err_fail("\"%.60s\" is no field of it", field->string);
        if (cJSON_GetObjectItemCaseSensitive(object, field->string) != field)
            return err_fail("%s is there twice", field->string);
    }
    return OK;
}
