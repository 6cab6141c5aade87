/* Cuts a text into words with a regular expression. */
#ifndef SDBENCH_TEXT_WORDS_H
#define SDBENCH_TEXT_WORDS_H

#include "pipeline/base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct words;

/* \p{L} and the like are Unicode's. The result is freed with words_free; threads may share it. */
struct err words_open(const char *expression, bool any_case, struct words **out);
void words_free(struct words *w);

/* Calls word(user, begin, end) for each word of text[from .. length), in order, until one gives an error. The text is
 * valid UTF-8. */
typedef struct err (*words_each)(void *user, size_t begin, size_t end);
struct err words_find(const struct words *w, const char *text, size_t length, size_t from, words_each word, void *user);

#endif
