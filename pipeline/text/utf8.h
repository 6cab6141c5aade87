/* UTF-8: what is valid, and a text as an array of code points. */
#ifndef SDBENCH_TEXT_UTF8_H
#define SDBENCH_TEXT_UTF8_H

#include "pipeline/base/error.h"
#include "pipeline/base/text.h"

#include <stddef.h>
#include <stdint.h>

/* An error names the first byte that is no part of valid UTF-8, counted from 0, and says what is wrong there. */
struct err utf8_check(const char *text, size_t bytes);

void utf8_add(struct text *out, int32_t code_point);

struct code_points {
    int32_t *at;
    size_t count;
};

/* `text` is valid UTF-8. */
struct err code_points_decode(const char *text, size_t bytes, struct code_points *out);
void code_points_free(struct code_points *c);

#endif
