#include "pipeline/text/flavor.h"

#define ENDINGS "'s|'t|'re|'ve|'m|'ll|'d"

/* Cleaned text has no white space but U+0020, so that \s is written as a space (PCRE2's \s has U+180E, theirs not).
 *
 * kerascv: the regex module's IGNORECASE. Lower case went before, so it matters twice only: U+017F is taken for an s,
 * and U+0345, a mark whose capital is a letter, is neither a letter nor in a set that excludes letters: it is dropped.
 *
 * diffusers: a special token that only lower case has made ("<|STARTOFTEXT|>") is one word at first and then cut in
 * three, since the byte-level step applies GPT-2's expression to each word. */
const struct flavor flavors[] = {
    [TOKENIZER_KERASCV] = {.name = "kerascv",
                           .clean = clean_kerascv,
                           .words = "<\\|startoftext\\|>|<\\|endoftext\\|>|" ENDINGS
                                    "|\\p{L}+|\\p{N}|[^ \\x{345}\\p{L}\\p{N}]+",
                           .any_case = true},
    [TOKENIZER_DIFFUSERS] = {.name = "diffusers",
                             .clean = clean_diffusers,
                             .raw_specials = true,
                             .cuts = true,
                             .words =
                                 "(<\\|)(startoftext|endoftext)(\\|>)|" ENDINGS "|\\p{L}+|\\p{N}|[^ \\p{L}\\p{N}]+"},
};
