#include "bench/gate/markdown.h"

#include <string.h>

enum { LONGEST = 300 };

/* What means something to GitHub's Markdown, anywhere in a line. '@' would call people: an invisible space follows it.
 * A colon is hidden ahead of //, so that no link is made. */
static const struct escape {
    char character;
    const char *text;
} escapes[] = {
    {'|', "\\|"}, {'`', "\\`"},   {'*', "\\*"},  {'_', "\\_"},   {'[', "\\["},
    {']', "\\]"}, {'\\', "\\\\"}, {'~', "\\~"},  {'#', "\\#"},   {'!', "\\!"},
    {'$', "\\$"}, {'<', "&lt;"},  {'>', "&gt;"}, {'&', "&amp;"}, {'@', "@\u200b"},
};

static const char *escape_of(char c)
{
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
        if (escapes[i].character == c)
            return escapes[i].text;
    return NULL;
}

/* Characters that turn the direction of what follows: U+202A to U+202E, U+2066 to U+2069. */
static bool is_turn(const char *at)
{
    const unsigned char *c = (const unsigned char *)at;
    return c[0] == 0xe2 &&
           ((c[1] == 0x80 && c[2] >= 0xaa && c[2] <= 0xae) || (c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9));
}

static size_t bytes_of(unsigned char lead)
{
    return lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

static void add_ascii(struct text *out, const char *at)
{
    unsigned char c = (unsigned char)*at;
    const char *escaped = escape_of(*at);
    if (c < ' ' || c == 0x7f)
        text_add(out, " ");
    else if (c == ':' && at[1] == '/' && at[2] == '/')
        text_add(out, "&#58;");
    else if (escaped)
        text_add(out, "%s", escaped);
    else
        text_add_bytes(out, at, 1);
}

void markdown_text(struct text *out, const char *text)
{
    if (!text || !*text) {
        text_add(out, "-");
        return;
    }
    bool utf8 = text_is_utf8(text, strlen(text));
    int characters = 0;
    for (const char *at = text; *at; characters++) {
        size_t n = utf8 ? bytes_of((unsigned char)*at) : 1;
        if (characters == LONGEST) {
            text_add(out, "...");
            return;
        }
        if (n == 1 && (unsigned char)*at < 0x80)
            add_ascii(out, at);
        else if (!utf8 || is_turn(at))
            text_add(out, "?");
        else
            text_add_bytes(out, at, n);
        at += n;
    }
}
