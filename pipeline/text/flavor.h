/* How each flavor cleans a prompt and cuts it into words. Each follows its library as it behaves, oddities included. */
#ifndef SDBENCH_TEXT_FLAVOR_H
#define SDBENCH_TEXT_FLAVOR_H

#include "pipeline/base/error.h"
#include "pipeline/base/text.h"
#include "pipeline/text/tokenizer.h"

#include <stdbool.h>

struct flavor {
    const char *name;
    /* Adds the cleaned text (valid UTF-8, as the raw one) to out; its only white space is U+0020. */
    struct err (*clean)(const char *raw, size_t bytes, struct text *out);
    /* Whether special tokens are looked for in the raw prompt (which is then cleaned in parts), or among the words. */
    bool raw_specials;
    bool cuts; /* a prompt that is too long */
    /* A regular expression of PCRE2: each match is a word; one with groups is cut into these. */
    const char *words;
    bool any_case;
};

extern const struct flavor flavors[TOKENIZER_DIFFUSERS + 1];

struct err clean_kerascv(const char *raw, size_t bytes, struct text *out);
struct err clean_diffusers(const char *raw, size_t bytes, struct text *out);

#endif
