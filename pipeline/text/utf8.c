#include "pipeline/text/utf8.h"

#include <stdlib.h>

#include <utf8proc.h>

/* Why no character begins at s, which has at least one byte. */
static const char *fault(const unsigned char *s, size_t bytes)
{
    size_t length = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    if (s[0] >= 0x80 && s[0] < 0xc0)
        return "continues a character that was not begun";
    if (s[0] > 0xf4)
        return "never occurs in UTF-8";
    if (s[0] == 0xc0 || s[0] == 0xc1)
        return "begins an overlong form";
    for (size_t i = 1; i < length; i++)
        if (i == bytes || (s[i] & 0xc0) != 0x80)
            return "begins a character that is cut short";
    return s[0] == 0xed   ? "begins a surrogate"
           : s[0] == 0xf4 ? "begins a value above U+10FFFF"
                          : "begins an overlong form";
}

struct err utf8_check(const char *text, size_t bytes)
{
    const utf8proc_uint8_t *s = (const utf8proc_uint8_t *)text;
    utf8proc_int32_t code_point;
    for (size_t i = 0; i < bytes;) {
        utf8proc_ssize_t length = utf8proc_iterate(s + i, (utf8proc_ssize_t)(bytes - i), &code_point);
        if (length <= 0)
            return err_fail("byte %zu (0x%02X) %s: write the text in UTF-8", i, s[i], fault(s + i, bytes - i));
        i += (size_t)length;
    }
    return OK;
}

void utf8_add(struct text *out, int32_t code_point)
{
    utf8proc_uint8_t bytes[4];
    text_add_bytes(out, bytes, (size_t)utf8proc_encode_char(code_point, bytes));
}

struct err code_points_decode(const char *text, size_t bytes, struct code_points *out)
{
    const utf8proc_uint8_t *s = (const utf8proc_uint8_t *)text, *end = s + bytes;
    *out = (struct code_points){.at = malloc((bytes + 1) * sizeof *out->at)};
    if (!out->at)
        return err_fail("out of memory (a text of %zu bytes)", bytes);
    while (s < end) {
        utf8proc_ssize_t length = utf8proc_iterate(s, end - s, &out->at[out->count++]);
        s += length > 0 ? length : 1;
    }
    return OK;
}

void code_points_free(struct code_points *c)
{
    free(c->at);
    *c = (struct code_points){0};
}
