#include "pipeline/text/nfc.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

static const utf8proc_option_t decompose = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE;
static const utf8proc_option_t compose = UTF8PROC_STABLE | UTF8PROC_COMPOSE;

enum {
    FIRST_CHANGED = 0x300, /* texts below it are in form C */
    CLASSES = 256,         /* of combining marks; 0 are all other code points */
};

static int class_of(int32_t c)
{
    return utf8proc_get_property(c)->combining_class;
}

/* A stable counting sort by class. utf8proc would do this too, but in quadratic time. */
static void sort_marks(int32_t *mark, size_t n, int32_t *room)
{
    size_t start[CLASSES + 1] = {0};
    for (size_t i = 0; i < n; i++)
        start[class_of(mark[i]) + 1]++;
    for (int k = 0; k < CLASSES; k++)
        start[k + 1] += start[k];
    for (size_t i = 0; i < n; i++)
        room[start[class_of(mark[i])]++] = mark[i];
    memcpy(mark, room, n * sizeof *mark);
}

/* Sorts each run of marks that is out of order. */
static void order_marks(struct code_points *text, int32_t *room)
{
    for (size_t from = 0, to; from < text->count; from = to) {
        bool sorted = true;
        int last = class_of(text->at[from]), class;
        for (to = from + 1; last && to < text->count && (class = class_of(text->at[to])); to++, last = class)
            sorted &= last <= class;
        if (!sorted)
            sort_marks(text->at + from, to - from, room);
    }
}

static size_t decomposed_count(const struct code_points *text)
{
    size_t count = 0;
    for (size_t i = 0; i < text->count; i++)
        count += (size_t)utf8proc_decompose_char(text->at[i], NULL, 0, decompose, NULL);
    return count;
}

static bool is_simple(const struct code_points *text)
{
    for (size_t i = 0; i < text->count; i++)
        if (text->at[i] >= FIRST_CHANGED)
            return false;
    return true;
}

struct err nfc(struct code_points *text)
{
    if (is_simple(text))
        return OK;
    size_t count = decomposed_count(text);
    struct code_points out = {.at = malloc(count * sizeof *out.at)};
    int32_t *room = malloc(count * sizeof *room);
    if (!out.at || !room) {
        free(out.at);
        free(room);
        return err_fail("out of memory (a text of %zu characters)", count);
    }
    for (size_t i = 0; i < text->count; i++)
        out.count += (size_t)utf8proc_decompose_char(text->at[i], out.at + out.count,
                                                     (utf8proc_ssize_t)(count - out.count), decompose, NULL);
    order_marks(&out, room);
    out.count = (size_t)utf8proc_normalize_utf32(out.at, (utf8proc_ssize_t)out.count, compose);
    free(room);
    code_points_free(text);
    *text = out;
    return OK;
}
