#include "pipeline/base/hex.h"

#include <string.h>

static const char digits[] = "0123456789abcdef";

void hex_add(struct text *out, const void *bytes, size_t n)
{
    const unsigned char *b = bytes;
    for (size_t i = 0; i < n; i++)
        text_add(out, "%c%c", digits[b[i] >> 4], digits[b[i] & 15]);
}

bool hex_read(const char *text, void *bytes, size_t n)
{
    unsigned char *b = bytes;
    if (strlen(text) != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        const char *high = strchr(digits, text[2 * i]), *low = strchr(digits, text[2 * i + 1]);
        if (!high || !low)
            return false;
        b[i] = (unsigned char)((high - digits) << 4 | (low - digits));
    }
    return true;
}
