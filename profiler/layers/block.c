#include <stdio.h>
#include <string.h>

#include "pipeline/base/error.h"
#include "profiler/layers/paths.h"

static const struct block {
    const char *begins, *title;
} blocks[] = {
#define BLOCK(begins, title) {begins, title},
#include "profiler/layers/blocks.def"
#undef BLOCK
};

enum { DIGITS = 6 }; /* of a block's number, at most: more is no number of ours */

/* The first number of a path that a "#" stands for. */
struct number {
    const char *digits;
    size_t length; /* 0: none yet */
};

static bool begins_with(const char *path, const char *pattern, struct number *n)
{
    for (; *pattern; pattern++) {
        const size_t digits = *pattern == '#' ? strspn(path, "0123456789") : 0;
        if (*pattern == '#' ? digits < 1 || digits > DIGITS : *path != *pattern)
            return false;
        if (digits && !n->length)
            *n = (struct number){path, digits};
        path += digits ? digits : 1;
    }
    return !*path || *path == '/'; /* whole folders: conv is not conv_in */
}

const char *layer_block(const char *path, char out[LAYER_BLOCK])
{
    for (size_t i = 0; i < ARRAY_LEN(blocks); i++) {
        struct number n = {0};
        if (!begins_with(path, blocks[i].begins, &n))
            continue;
        const char *title = blocks[i].title;
        const int before = (int)strcspn(title, "#");
        snprintf(out, LAYER_BLOCK, "%.*s%.*s%s", before, title, title[before] ? (int)n.length : 0,
                 n.digits ? n.digits : "", title[before] ? title + before + 1 : "");
        return out;
    }
    snprintf(out, LAYER_BLOCK, "other");
    return out;
}
