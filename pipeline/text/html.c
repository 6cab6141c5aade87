#include "pipeline/text/html.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/base/error.h"
#include "pipeline/text/utf8.h"

enum { LONGEST = 31, HIGHEST = 0x10ffff, REPLACEMENT = 0xfffd };

struct entity {
    char name[LONGEST + 1];
    bool bare; /* known without ";" too */
    int32_t code_point[2];
};

static const struct entity entities[] = {
#define ENTITY(name, c)  {name, false, {c, 0}},
#define BARE(name, c)    {name, true, {c, 0}},
#define PAIR(name, c, d) {name, false, {c, d}},
#include "pipeline/text/html_entities.def"
#undef ENTITY
#undef BARE
#undef PAIR
};

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct entity *)a)->name, ((const struct entity *)b)->name);
}

static const struct entity *find(const char *name, size_t n)
{
    struct entity key = {0};
    if (n > LONGEST)
        return NULL;
    memcpy(key.name, name, n);
    return bsearch(&key, entities, ARRAY_LEN(entities), sizeof *entities, compare);
}

/* What a numeric reference stands for; 0 for nothing. */
static int32_t meaning(int32_t number)
{
    /* 0x80 to 0x9f are taken as windows-1252; five of them are free there and stay. */
    static const uint16_t windows[32] = {0x20ac, 0x81,   0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
                                         0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8d,   0x017d, 0x8f,
                                         0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                         0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d,   0x017e, 0x0178};
    if (number >= 0x80 && number < 0xa0)
        return windows[number - 0x80];
    if (!number || number > HIGHEST || (number >= 0xd800 && number < 0xe000))
        return REPLACEMENT;
    bool control = number < 0x20 && !(number >= '\t' && number <= '\r' && number != '\v');
    bool no_character = (number >= 0xfdd0 && number < 0xfdf0) || (number & 0xfffe) == 0xfffe;
    return control || number == 0x7f || no_character ? 0 : number;
}

static int digit(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)((at - digits) % 16) : 16;
}

/* Both take what follows "&", at most n bytes; they give the bytes that the reference takes, or 0 where there is none.
 */
static size_t add_number(const char *s, size_t n, struct text *out)
{
    int base = n > 1 && (s[1] == 'x' || s[1] == 'X') ? 16 : 10, value = 0;
    size_t from = base == 16 ? 2 : 1, i = from;
    for (; i < n && digit(s[i]) < base; i++)
        value = value > HIGHEST ? value : value * base + digit(s[i]);
    if (i == from)
        return 0;
    int32_t c = meaning(value);
    if (c)
        utf8_add(out, c);
    return i + (i < n && s[i] == ';');
}

static size_t add_named(const char *s, size_t n, struct text *out)
{
    size_t length = 0, taken = 0;
    while (length < n && length <= LONGEST &&
           ((s[length] >= '0' && s[length] <= '9') || ((s[length] | 32) >= 'a' && (s[length] | 32) <= 'z')))
        length++;
    const struct entity *e = length < n && s[length] == ';' ? find(s, length) : NULL;
    if (e)
        taken = length + 1;
    for (; !taken && length > 1; length--)
        if ((e = find(s, length)) && e->bare)
            taken = length;
    for (int i = 0; taken && i < 2 && e->code_point[i]; i++)
        utf8_add(out, e->code_point[i]);
    return taken;
}

void html_unescape(const char *text, size_t bytes, struct text *out)
{
    const char *s = text, *end = text + bytes;
    while (s < end) {
        const char *mark = memchr(s, '&', (size_t)(end - s));
        text_add_bytes(out, s, (size_t)((mark ? mark : end) - s));
        if (!mark)
            break;
        size_t n = (size_t)(end - mark) - 1;
        size_t taken = n && mark[1] == '#' ? add_number(mark + 1, n, out) : add_named(mark + 1, n, out);
        if (!taken)
            text_add_bytes(out, "&", 1);
        s = mark + 1 + taken;
    }
}
