#include "tests/support/weights_tsv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "pipeline/base/file.h"
#include "tests/support/golden.h"

static struct shape parse_shape(char *text)
{
    struct shape shape = {0};
    for (char *at = text; *at && shape.rank < MAX_RANK; at += *at == 'x')
        shape.dim[shape.rank++] = strtoll(at, &at, 10);
    return shape;
}

struct weights_tsv weights_tsv_read(const char *model)
{
    struct weights_tsv t = {0};
    struct file_map map;
    char name[64];
    snprintf(name, sizeof name, "weights-%s.tsv", model);
    struct err e = file_map(golden_path(name), &map);
    if (e.code)
        cr_assert_fail("%s", err_text(e));
    t.text = strndup((const char *)map.bytes, map.size);
    t.row = calloc(map.size / 16, sizeof *t.row); /* 16: no line is shorter */
    file_unmap(&map);
    char *lines = t.text;
    for (char *line; (line = strsep(&lines, "\n"));) {
        if (*line == '#' || !*line)
            continue;
        const char *path = strsep(&line, "\t"), *compvis = strsep(&line, "\t");
        char *shape = strsep(&line, "\t");
        if (!line)
            cr_assert_fail("%s: malformed line %s", name, path);
        t.row[t.count++] = (struct weights_row){path, compvis, parse_shape(shape), (uint32_t)strtoul(line, NULL, 16)};
    }
    cr_assert_gt(t.count, 900);
    return t;
}

void weights_tsv_free(struct weights_tsv *t)
{
    free(t->row);
    free(t->text);
    *t = (struct weights_tsv){0};
}

static int by_path(const void *path, const void *row)
{
    return strcmp(path, ((const struct weights_row *)row)->path);
}

const struct weights_row *weights_tsv_find(const struct weights_tsv *t, const char *path)
{
    return bsearch(path, t->row, t->count, sizeof *t->row, by_path);
}
