#include "tests/support/record_list.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/scratch.h"

struct record_list record_list_read(const char *folder)
{
    char name[256];
    size_t n;
    struct record_list l = {0};
    snprintf(name, sizeof name, "%s/records.jsonl", folder);
    char *lines = scratch_read(name, &n), *rest = lines;
    cr_assert(n && lines[n - 1] == '\n', "%s does not end with a whole line", name);
    for (char *line; (line = strsep(&rest, "\n")) && *line;) {
        cJSON *record = cJSON_Parse(line);
        cr_assert(cJSON_IsObject(record), "no JSON: %s", line);
        l.record = realloc(l.record, ((size_t)l.count + 1) * sizeof(cJSON *));
        cr_assert(l.record);
        l.record[l.count++] = record;
    }
    free(lines);
    return l;
}

void record_list_free(struct record_list *l)
{
    for (int i = 0; i < l->count; i++)
        cJSON_Delete(l->record[i]);
    free(l->record);
    *l = (struct record_list){0};
}

const char *record_text(const cJSON *record, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(record, name));
    return text ? text : "";
}

double record_number(const cJSON *record, const char *name)
{
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(record, name);
    return cJSON_IsNumber(number) ? number->valuedouble : NAN;
}

bool record_is(const cJSON *record, const char *kind)
{
    return !strcmp(record_text(record, "kind"), kind);
}

bool record_is_sample(const cJSON *record, const char *state)
{
    return record_is(record, "sample") && (!state || !strcmp(record_text(record, "state"), state));
}

int record_list_samples(const struct record_list *l, const char *state, const char *validity)
{
    int count = 0;
    for (int i = 0; i < l->count; i++)
        count += record_is_sample(l->record[i], state) &&
                 (!validity || !strcmp(record_text(l->record[i], "validity"), validity));
    return count;
}

const char *record_line(const cJSON *record)
{
    static char *lines[8];
    static unsigned next;
    char **line = &lines[next++ % 8];
    free(*line);
    *line = cJSON_PrintUnformatted(record);
    return *line;
}
