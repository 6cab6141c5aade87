#include "bench/record/read.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/json.h"
#include "bench/record/folder.h"
#include "bench/record/lines.h"
#include "bench/record/record.h"
#include "pipeline/base/file.h"

struct reading {
    struct records_visitor visitor;
    struct records_summary *summary;
};

static void add_bad(struct records_summary *s, const char *reason)
{
    if (!s->bad_lines++) {
        s->first_bad_line = s->lines;
        snprintf(s->first_bad_reason, sizeof s->first_bad_reason, "%s", reason);
    }
}

/* A count in a member's member; -1 where it is not there. */
static int64_t count_in(const cJSON *record, const char *name, const char *what)
{
    const cJSON *counts = cJSON_GetObjectItemCaseSensitive(record, name);
    const cJSON *n = cJSON_GetObjectItemCaseSensitive(counts, what);
    return cJSON_IsNumber(n) && n->valuedouble >= 0 && n->valuedouble <= 0x1p53 ? (int64_t)n->valuedouble : -1;
}

static void see_environment(struct records_summary *s, const cJSON *record)
{
    int64_t planned = count_in(record, "planned", "samples");
    s->has_environment = true;
    if (planned >= 0)
        s->planned_samples = planned + (s->planned_samples > 0 ? s->planned_samples : 0);
}

static void see_sample(struct records_summary *s, const cJSON *record)
{
    (void)record;
    s->samples++;
}

/* The last one counts; what it counts are all kinds, and no member of a kind without records. */
static void see_end(struct records_summary *s, const cJSON *record)
{
    s->has_end = true;
    snprintf(s->status, sizeof s->status, "%s", json_string(record, "status"));
    snprintf(s->reason, sizeof s->reason, "%s", json_string(record, "reason"));
    bool counts = cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(record, "records"));
    int64_t samples = count_in(record, "records", "sample");
    if (counts)
        s->ended_samples = (samples > 0 ? samples : 0) + (s->ended_samples > 0 ? s->ended_samples : 0);
}

static const struct {
    const char *kind;
    void (*see)(struct records_summary *s, const cJSON *record);
} kinds[] = {{"environment", see_environment}, {"sample", see_sample}, {"end", see_end}};

/* The schema; 0 where it is none. */
static int schema_of(const cJSON *record)
{
    double schema = json_number(record, "schema");
    return schema >= 1 && schema <= 1e9 && schema == floor(schema) ? (int)schema : 0;
}

static struct err take(struct reading *r, const cJSON *record)
{
    struct records_summary *s = r->summary;
    s->records++;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (!strcmp(json_string(record, "kind"), kinds[i].kind))
            kinds[i].see(s, record);
    return r->visitor.record ? r->visitor.record(r->visitor.context, record) : OK;
}

/* NULL where it is a record; else what it is. */
static const char *what_is_wrong(const cJSON *record)
{
    struct text where = {0};
    bool is_infinite = record_is_not_finite(record, &where);
    text_free(&where);
    if (!record)
        return "is not JSON";
    if (!cJSON_IsObject(record))
        return "is JSON, but no object";
    if (!schema_of(record))
        return "has no schema";
    if (!*json_string(record, "kind"))
        return "has no kind";
    return is_infinite ? "has a number that is too large" : NULL;
}

static cJSON *parse(const struct line *line)
{
    int64_t values = 0;
    for (size_t i = 0; i < line->length; i++)
        values += line->text[i] == ',';
    bool can_be = !line->is_too_long && strlen(line->text) == line->length && values <= RECORD_LINE_VALUES;
    return can_be ? cJSON_ParseWithOpts(line->text, NULL, true) : NULL;
}

static struct err read_line(void *context, const struct line *line)
{
    struct reading *r = context;
    struct records_summary *s = r->summary;
    struct err e = OK;
    cJSON *record = parse(line);
    const char *wrong = line->is_too_long ? "is longer than 16 MB" : what_is_wrong(record);
    int schema = wrong ? 0 : schema_of(record);
    s->lines++;
    s->newest_schema = schema > s->newest_schema ? schema : s->newest_schema;
    if (wrong && !line->is_ended)
        s->is_cut_off = true;
    else if (wrong)
        add_bad(s, wrong);
    else if (schema > RECORD_SCHEMA)
        s->newer_lines++;
    else
        e = take(r, record);
    cJSON_Delete(record);
    return e;
}

struct err records_read(const char *path, struct records_visitor visitor, struct records_summary *out)
{
    char *file;
    *out = (struct records_summary){.planned_samples = -1, .ended_samples = -1};
    struct reading r = {visitor, out};
    if (asprintf(&file, "%s%s", path, file_is_folder(path) ? "/" RECORDS_FILE : "") < 0)
        return err_fail("%s: out of memory", path);
    struct err e = lines_read(file, RECORD_LINE_BYTES, read_line, &r);
    free(file);
    return e;
}
