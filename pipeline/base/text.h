/* A growing string, the nearest of several names, and whether bytes are UTF-8. */
#ifndef SDBENCH_BASE_TEXT_H
#define SDBENCH_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct text {
    char *bytes; /* ends in NUL; NULL while nothing was added */
    size_t length, capacity;
};

__attribute__((format(printf, 2, 3))) void text_add(struct text *t, const char *format, ...);
void text_add_bytes(struct text *t, const void *bytes, size_t n);
const char *text_get(const struct text *t); /* never NULL */
void text_free(struct text *t);

/* The name nearest to `word` by edits (insert, delete, replace, swap neighbours; case ignored), or NULL where none is
 * near: more than a third of the word would have to change. names ends with NULL. */
const char *text_nearest(const char *word, const char *const *names);

/* Whether n bytes are valid UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. NUL is a character. */
bool text_is_utf8(const char *bytes, size_t n);

#endif
