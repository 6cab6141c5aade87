/* Code points that are white space, and lower case as the two libraries that we follow make it. */
#ifndef SDBENCH_TEXT_LETTERS_H
#define SDBENCH_TEXT_LETTERS_H

#include "pipeline/text/utf8.h"

#include <stdbool.h>

/* Unicode's White_Space: what \s matches in the regex engines of both tokenizers. */
bool is_white_space(int32_t c);

/* Makes each run of white space one U+0020, in place. */
void collapse_white_space(struct code_points *text);

/* Adds c in lower case (one code point; two for U+0130). */
void lower_add(struct text *out, int32_t c);

/* The capital sigma at text.at[i] in lower case: final (U+03C2) where a letter with case comes before and none after,
 * marks and the like not counted, else U+03C3. Unicode's rule Final_Sigma. */
int32_t lower_sigma(const struct code_points *text, size_t i);

#endif
