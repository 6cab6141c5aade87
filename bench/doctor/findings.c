#include "bench/doctor/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench/json.h"
#include "pipeline/base/text.h"

void findings_add(struct findings *f, const char *section, const char *name, bool good, const char *format, ...)
{
    char text[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct finding *new = arena_alloc(&f->arena, sizeof *new);
    *new = (struct finding){section, name, good, arena_strdup(&f->arena, text), NULL};
    *(f->last ? &f->last->next : &f->first) = new;
    f->last = new;
}

void findings_free(struct findings *f)
{
    arena_free(&f->arena);
    *f = (struct findings){0};
}

void findings_print(const struct findings *f)
{
    const char *section = "";
    for (const struct finding *x = f->first; x; x = x->next) {
        if (strcmp(section, x->section))
            printf("%s\n", x->section);
        section = x->section;
        printf("  %-14s %s%s\n", x->name, x->good ? "" : "NO: ", x->text);
    }
}

struct err findings_print_json(const struct findings *f)
{
    cJSON *json = cJSON_CreateArray();
    for (const struct finding *x = f->first; x; x = x->next) {
        cJSON *row = cJSON_CreateObject();
        cJSON_AddStringToObject(row, "section", x->section);
        cJSON_AddStringToObject(row, "name", x->name);
        cJSON_AddBoolToObject(row, "good", x->good);
        cJSON_AddStringToObject(row, "text", x->text);
        cJSON_AddItemToArray(json, row);
    }
    return json_print(json);
}
