#include "pipeline/base/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

static void text_reserve(struct text *t, size_t more)
{
    if (t->length + more + 1 <= t->capacity)
        return;
    t->capacity = 2 * (t->length + more + 64);
    t->bytes = realloc(t->bytes, t->capacity);
    if (!t->bytes) {
        fprintf(stderr, "sdbench: out of memory (%zu bytes for a text)\n", t->capacity);
        exit(3);
    }
}

void text_add_bytes(struct text *t, const void *bytes, size_t n)
{
    text_reserve(t, n);
    memcpy(t->bytes + t->length, bytes, n);
    t->length += n;
    t->bytes[t->length] = 0;
}

void text_add(struct text *t, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    size_t n = (size_t)vsnprintf(NULL, 0, format, args);
    text_reserve(t, n);
    vsnprintf(t->bytes + t->length, n + 1, format, again);
    t->length += n;
    va_end(again);
    va_end(args);
}

const char *text_get(const struct text *t)
{
    return t->bytes ? t->bytes : "";
}

void text_free(struct text *t)
{
    free(t->bytes);
    *t = (struct text){0};
}

enum { LONGEST = 63 };

/* Optimal string alignment distance; words over LONGEST are infinitely far. */
static size_t distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b), d[LONGEST + 1][LONGEST + 1];
    if (n > LONGEST || m > LONGEST)
        return LONGEST + 1;
    for (size_t i = 0; i <= n; i++)
        for (size_t j = 0; j <= m; j++) {
            if (!i || !j) {
                d[i][j] = i + j;
                continue;
            }
            int x = tolower((unsigned char)a[i - 1]), y = tolower((unsigned char)b[j - 1]);
            size_t best = d[i - 1][j - 1] + (x != y);
            if (d[i - 1][j] + 1 < best)
                best = d[i - 1][j] + 1;
            if (d[i][j - 1] + 1 < best)
                best = d[i][j - 1] + 1;
            if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) && y == tolower((unsigned char)a[i - 2]) &&
                d[i - 2][j - 2] + 1 < best)
                best = d[i - 2][j - 2] + 1;
            d[i][j] = best;
        }
    return d[n][m];
}

const char *text_nearest(const char *word, const char *const *names)
{
    const char *nearest = NULL;
    size_t best = (strlen(word) + 2) / 3 + 1;
    for (; *names; names++) {
        size_t d = distance(word, *names);
        if (d < best)
            best = d, nearest = *names;
    }
    return nearest;
}

bool text_is_utf8(const char *bytes, size_t n)
{
    utf8proc_int32_t point;
    while (n) {
        utf8proc_ssize_t step = utf8proc_iterate((const utf8proc_uint8_t *)bytes, (utf8proc_ssize_t)n, &point);
        if (step < 1)
            return false;
        bytes += step;
        n -= (size_t)step;
    }
    return true;
}
