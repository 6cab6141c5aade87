/* CLIP's byte-pair tokenizer, in two flavors that clean a prompt differently. The vocabulary is inside the program.
 *
 *     struct tokenizer *t;
 *     int32_t ids[TOKENIZER_CONTEXT];
 *     TRY(tokenizer_open(TOKENIZER_DIFFUSERS, &t));
 *     TRY(tokenizer_context(t, "a photograph of an astronaut riding a horse", ids, NULL));
 *     tokenizer_free(t);
 */
#ifndef SDBENCH_TEXT_TOKENIZER_H
#define SDBENCH_TEXT_TOKENIZER_H

#include "pipeline/base/error.h"

#include <stddef.h>
#include <stdint.h>

enum {
    TOKENIZER_CONTEXT = 77,       /* tokens that the text encoder reads */
    TOKENIZER_BOS = 49406,        /* "<|startoftext|>" */
    TOKENIZER_EOS = 49407,        /* "<|endoftext|>"; pads too */
    TOKENIZER_VOCABULARY = 49408, /* ids are 0 to one less */
};

enum tokenizer_flavor {
    TOKENIZER_KERASCV,   /* HTML entities are decoded; Python's lower case; a long prompt is an error */
    TOKENIZER_DIFFUSERS, /* Unicode NFC; lower case one code point at a time; a long prompt is cut */
};

struct tokenizer; /* read-only once open: threads may share it */

struct err tokenizer_open(enum tokenizer_flavor flavor, struct tokenizer **out);
void tokenizer_free(struct tokenizer *t);

struct token {
    int32_t id;
    const char *piece; /* how the vocabulary spells it ("horse</w>"); owned by the tokenizer */
    size_t begin, end; /* bytes of token_list.text; a token may begin or end inside a character */
};

struct token_list {
    struct token *token;
    size_t count;
    char *text; /* the cleaned prompt, UTF-8 */
};

/* BOS, the pieces, EOS: neither padded nor cut. "<|startoftext|>" and "<|endoftext|>" in a prompt are those tokens (in
 * kerascv not right behind a punctuation mark, as in KerasCV, but in any case). A prompt that is not valid UTF-8 is an
 * error that names the first bad byte, counted from 0. Time grows as n log n with the prompt's length. */
struct err tokenizer_encode(const struct tokenizer *t, const char *prompt, struct token_list *out);
void token_list_free(struct token_list *l);

/* What the text encoder reads: the tokens, padded with EOS. A prompt of more than 77 tokens is an error in the flavor
 * kerascv; diffusers keeps the first 76 and EOS. *cut (cut may be NULL) is the part of the cleaned prompt that was left
 * out, malloc'ed, from the first character not kept whole; NULL where nothing was. */
struct err tokenizer_context(const struct tokenizer *t, const char *prompt, int32_t ids[TOKENIZER_CONTEXT], char **cut);

/* How the vocabulary spells an id of 0 to TOKENIZER_VOCABULARY - 1; owned by the tokenizer. */
const char *tokenizer_piece(const struct tokenizer *t, int32_t id);

#endif
