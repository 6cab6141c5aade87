#include "tests/cuda/program/cudnn_outcomes.h"

#include <string.h>

#include "pipeline/base/file.h"
#include "tests/cuda/program/cudnn_problems.h"

void outcomes_open(struct outcomes *o, const char *path, const char *version, const char *device)
{
    struct file_map map;
    *o = (struct outcomes){.path = path, .version = version, .device = device};
    if (!file_exists(path))
        return;
    struct err e = file_map(path, &map);
    if (e.code)
        stop(e);
    text_add_bytes(&o->before, map.bytes, map.size);
    file_unmap(&map);
}

void outcomes_close(struct outcomes *o)
{
    struct file_writer w = {0};
    struct err e = file_create(o->path, &w);
    if (!e.code)
        e = file_write(&w, text_get(&o->now), o->now.length);
    if (!e.code)
        e = file_commit(&w);
    if (e.code)
        stop(e);
    text_free(&o->before);
    text_free(&o->now);
}

static void add_pattern(struct text *t, const struct outcomes *o, const char *pattern)
{
    text_add(t, "%s\t%s\t%s\t", o->version, o->device, pattern);
}

bool outcomes_known(const struct outcomes *o, const char *pattern)
{
    struct text begin = {0};
    add_pattern(&begin, o, pattern);
    bool known = strstr(text_get(&o->now), text_get(&begin));
    text_free(&begin);
    return known;
}

void outcomes_add(struct outcomes *o, const char *pattern, const char *problem, const char *choice)
{
    add_pattern(&o->now, o, pattern);
    text_add(&o->now, "%s\t%s\n", problem, choice);
    o->patterns++;
}

bool outcomes_from_before(struct outcomes *o, const char *pattern, const char *problem, const char *choice)
{
    struct text line = {0};
    add_pattern(&line, o, pattern);
    text_add(&line, "%s\t%s\n", problem, choice);
    bool known = strstr(text_get(&o->before), text_get(&line));
    text_free(&line);
    if (known) {
        outcomes_add(o, pattern, problem, choice);
        o->from_before++;
    }
    return known;
}
