/* A prompt through both flavors of the tokenizer. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/base/text.h"
#include "pipeline/text/html.h"
#include "pipeline/text/tokenizer.h"
#include "pipeline/text/utf8.h"

enum { FLAVORS = TOKENIZER_DIFFUSERS + 1 };

/* Opened once: it takes longer than any input. */
static const struct tokenizer *tokenizer(enum tokenizer_flavor flavor)
{
    static struct tokenizer *open[FLAVORS];
    if (!open[flavor])
        fuzz_require(!fuzz_refused(tokenizer_open(flavor, &open[flavor])), "the tokenizer opens");
    return open[flavor];
}

static void check_tokens(const struct token_list *l)
{
    size_t length = strlen(l->text), end = 0;
    fuzz_require(text_is_utf8(l->text, length), "the cleaned text is UTF-8");
    fuzz_require(l->count >= 2 && l->token[0].id == TOKENIZER_BOS && l->token[l->count - 1].id == TOKENIZER_EOS,
                 "tokens begin with BOS and end with EOS");
    for (size_t i = 0; i < l->count; i++) {
        const struct token *t = &l->token[i];
        fuzz_require(t->id >= 0 && t->id < TOKENIZER_VOCABULARY && *t->piece, "a token is one of the vocabulary");
        fuzz_require(t->begin >= end && t->end >= t->begin && t->end <= length, "tokens lie in the text in order");
        end = t->end;
    }
}

static void encode(enum tokenizer_flavor flavor, const char *prompt, bool valid)
{
    struct token_list list;
    int32_t ids[TOKENIZER_CONTEXT];
    char *cut;
    bool refused = fuzz_refused(tokenizer_encode(tokenizer(flavor), prompt, &list));
    fuzz_require(refused == !valid, "UTF-8 is refused where it is not valid, and only there");
    if (!refused)
        check_tokens(&list);
    refused = fuzz_refused(tokenizer_context(tokenizer(flavor), prompt, ids, &cut));
    fuzz_require(!valid || refused == (flavor == TOKENIZER_KERASCV && list.count > TOKENIZER_CONTEXT),
                 "a prompt is refused where it is too long and not cut");
    for (int i = 0; i < TOKENIZER_CONTEXT && !refused; i++)
        fuzz_require(ids[i] >= 0 && ids[i] < TOKENIZER_VOCABULARY, "an id is one of the vocabulary");
    fuzz_require(!cut || text_is_utf8(cut, strlen(cut)), "what was cut is UTF-8");
    free(cut);
    token_list_free(&list);
}

void fuzz_tokenizer(const uint8_t *data, size_t size)
{
    char *prompt = fuzz_text(data, size);
    size_t length = strlen(prompt);
    bool valid = text_is_utf8(prompt, length);
    fuzz_require(fuzz_refused(utf8_check(prompt, length)) == !valid, "both checks of UTF-8 agree");
    if (valid) {
        struct text out = {0};
        html_unescape(prompt, length, &out);
        fuzz_require(text_is_utf8(text_get(&out), out.length), "decoded references are UTF-8");
        text_free(&out);
    }
    for (int flavor = 0; flavor < FLAVORS; flavor++)
        encode((enum tokenizer_flavor)flavor, prompt, valid);
    free(prompt);
}
