#include "pipeline/text/tokenizer.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/base/text.h"
#include "pipeline/text/bpe.h"
#include "pipeline/text/flavor.h"
#include "pipeline/text/tokenizer_private.h"
#include "pipeline/text/utf8.h"

_Static_assert(VOCABULARY_SIZE == (int)TOKENIZER_VOCABULARY && TOKENIZER_EOS + 1 == TOKENIZER_VOCABULARY, "ids");

struct err tokenizer_open(enum tokenizer_flavor flavor, struct tokenizer **out)
{
    struct tokenizer *t = *out = calloc(1, sizeof *t);
    if (!t)
        return err_fail("out of memory (tokenizer)");
    t->flavor = &flavors[flavor];
    struct err e = vocabulary_open(&t->vocabulary);
    if (!e.code)
        e = words_open(t->flavor->words, t->flavor->any_case, &t->words);
    if (e.code) {
        tokenizer_free(t);
        *out = NULL;
    }
    return e;
}

void tokenizer_free(struct tokenizer *t)
{
    if (!t)
        return;
    words_free(t->words);
    vocabulary_free(&t->vocabulary);
    free(t);
}

const char *tokenizer_piece(const struct tokenizer *t, int32_t id)
{
    return vocabulary_piece(&t->vocabulary, (uint32_t)id);
}

/* One call of tokenizer_encode. */
struct encoder {
    const struct tokenizer *t;
    struct text text; /* the prompt, as far as it is cleaned */
    struct token *token;
    size_t count, capacity;
    struct bpe bpe;
};

static struct err add_token(struct encoder *e, int32_t id, size_t begin, size_t end)
{
    if (e->count == e->capacity) {
        size_t capacity = 2 * e->capacity + TOKENIZER_CONTEXT;
        struct token *token = realloc(e->token, capacity * sizeof *token);
        if (!token)
            return err_fail("out of memory (%zu tokens)", capacity);
        e->token = token;
        e->capacity = capacity;
    }
    e->token[e->count++] = (struct token){id, tokenizer_piece(e->t, id), begin, end};
    return OK;
}

/* The special token that begins at s, or 0. */
static int32_t special_at(const struct tokenizer *t, const char *s)
{
    for (int32_t id = TOKENIZER_BOS; id <= TOKENIZER_EOS; id++)
        if (!strncmp(s, tokenizer_piece(t, id), strlen(tokenizer_piece(t, id))))
            return id;
    return 0;
}

static struct err add_word(void *user, size_t begin, size_t end)
{
    struct encoder *e = user;
    const char *word = e->text.bytes + begin;
    int32_t special = special_at(e->t, word);
    if (special && end - begin == strlen(tokenizer_piece(e->t, special)))
        return add_token(e, special, begin, end);
    TRY(bpe_merge(&e->bpe, &e->t->vocabulary, word, end - begin));
    for (size_t i = 0, next; i < end - begin; i = next) {
        next = e->bpe.next[i];
        TRY(add_token(e, e->bpe.id[i], begin + i, begin + next));
    }
    return OK;
}

static struct err add_text(struct encoder *e, const char *raw, size_t bytes)
{
    size_t from = e->text.length;
    TRY(e->t->flavor->clean(raw, bytes, &e->text));
    return words_find(e->t->words, text_get(&e->text), e->text.length, from, add_word, e);
}

static struct err add_special(struct encoder *e, int32_t id)
{
    size_t begin = e->text.length;
    text_add(&e->text, "%s", tokenizer_piece(e->t, id));
    return add_token(e, id, begin, e->text.length);
}

/* What lies between special tokens is cleaned by itself: in "e<|endoftext|>" and U+0301 no letter meets its accent. */
static struct err add_text_and_specials(struct encoder *e, const char *raw)
{
    for (const char *s = raw; (s = strstr(s, "<|"));) {
        int32_t id = special_at(e->t, s);
        if (!id) {
            s++;
            continue;
        }
        TRY(add_text(e, raw, (size_t)(s - raw)));
        TRY(add_special(e, id));
        raw = s += strlen(tokenizer_piece(e->t, id));
    }
    return add_text(e, raw, strlen(raw));
}

static struct err add_prompt(struct encoder *e, const char *prompt)
{
    TRY(utf8_check(prompt, strlen(prompt)));
    TRY(add_token(e, TOKENIZER_BOS, 0, 0));
    if (e->t->flavor->raw_specials)
        TRY(add_text_and_specials(e, prompt));
    else
        TRY(add_text(e, prompt, strlen(prompt)));
    return add_token(e, TOKENIZER_EOS, e->text.length, e->text.length);
}

struct err tokenizer_encode(const struct tokenizer *t, const char *prompt, struct token_list *out)
{
    struct encoder e = {.t = t};
    struct err error = add_prompt(&e, prompt);
    text_add_bytes(&e.text, "", 0); /* so that it is allocated, also where empty */
    bpe_free(&e.bpe);
    *out = (struct token_list){e.token, e.count, e.text.bytes};
    if (error.code)
        token_list_free(out);
    return err_wrap(error, "prompt");
}

void token_list_free(struct token_list *l)
{
    free(l->token);
    free(l->text);
    *l = (struct token_list){0};
}
