/* Bytes as hexadecimal digits. */
#ifndef SDBENCH_BASE_HEX_H
#define SDBENCH_BASE_HEX_H

#include "pipeline/base/text.h"

void hex_add(struct text *out, const void *bytes, size_t n);

/* Exactly 2 n digits and the end of the text; false where it is anything else. */
bool hex_read(const char *text, void *bytes, size_t n);

#endif
