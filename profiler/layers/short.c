#include <string.h>

#include "pipeline/base/error.h"
#include "profiler/layers/paths.h"

static const struct word {
    const char *part, *word;
} words[] = {
#define WORD(part, word) {part, word},
#include "profiler/layers/words.def"
#undef WORD
};

static const struct word *find_word(const char *part, size_t length)
{
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strlen(words[i].part) == length && !strncmp(words[i].part, part, length))
            return &words[i];
    return NULL;
}

void layer_add_short(const char *path, int width, struct text *out)
{
    struct text whole = {0};
    for (const char *part = path; *part;) {
        const size_t length = strcspn(part, "/"), name = strcspn(part, "./");
        const struct word *w = find_word(part, name);
        if (length && (!w || *w->word)) {
            text_add(&whole, "%s", whole.length ? "/" : "");
            text_add_bytes(&whole, w ? w->word : part, w ? strlen(w->word) : name);
            text_add_bytes(&whole, part + name, length - name);
        }
        part += length + (part[length] == '/');
    }
    layer_fit(whole.length ? text_get(&whole) : path, width, out);
    text_free(&whole);
}

static bool begins_character(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

/* Bytes of the first `count` characters. */
static size_t bytes_of(const char *text, size_t count)
{
    size_t i = 0;
    while (text[i] && (!begins_character(text[i]) || count)) {
        count -= begins_character(text[i]);
        i++;
    }
    return i;
}

void layer_fit(const char *text, int width, struct text *out)
{
    static const char dots[] = "..";
    const size_t most = width > 0 ? (size_t)width : 0;
    size_t characters = 0;
    for (const char *at = text; *at; at++)
        characters += begins_character(*at);
    if (characters <= most) {
        text_add(out, "%s", text);
        return;
    }
    if (most <= strlen(dots)) {
        text_add_bytes(out, dots, most);
        return;
    }
    const size_t kept = most - strlen(dots), head = kept / 2, tail = kept - head;
    text_add_bytes(out, text, bytes_of(text, head));
    text_add(out, "%s%s", dots, text + bytes_of(text, characters - tail));
}
