/* What the text encoder reads: 77 ids, padded, cut or refused. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "pipeline/base/text.h"
#include "pipeline/text/flavor.h"
#include "pipeline/text/tokenizer.h"

static struct tokenizer *open_flavor(enum tokenizer_flavor flavor)
{
    struct tokenizer *t;
    struct err e = tokenizer_open(flavor, &t);
    cr_assert(!e.code, "%s", err_text(e));
    return t;
}

/* `unit`, n times, then `end`; malloc'ed. */
static char *repeat(const char *unit, size_t n, const char *end)
{
    struct text text = {0};
    for (size_t i = 0; i < n; i++)
        text_add(&text, "%s", unit);
    text_add(&text, "%s", end);
    return text.bytes;
}

Test(tokenizer, context_is_padded_with_the_end)
{
    for (int f = 0; f < (int)ARRAY_LEN(flavors); f++) {
        struct tokenizer *t = open_flavor(f);
        for (int words = 0; words <= 75; words += 25) {
            int32_t ids[TOKENIZER_CONTEXT];
            char *prompt = repeat(" Dog", (size_t)words, ""), *cut = prompt;
            struct err e = tokenizer_context(t, prompt, ids, &cut);
            cr_assert(!e.code, "%s, %d words: %s", flavors[f].name, words, err_text(e));
            cr_expect_null(cut, "%s, %d words: \"%s\" was cut", flavors[f].name, words, cut);
            for (int i = 0; i < TOKENIZER_CONTEXT; i++) {
                int32_t expected = i == 0 ? TOKENIZER_BOS : i <= words ? 1929 : TOKENIZER_EOS;
                cr_expect(ids[i] == expected, "%s, %d words: id %d is %d", flavors[f].name, words, i, ids[i]);
            }
            free(prompt);
        }
        tokenizer_free(t);
    }
}

Test(tokenizer, diffusers_cuts_and_names_what_it_cut)
{
    static const struct {
        size_t dogs;
        const char *end, *cut;
    } cases[] = {
        {76, "", "dog"},
        {75, " Cat,  and MORE ", "cat, and more"},
        {75, " e\u0301", "\u00e9"},
        {74, " \u5c71 x", "\u5c71 x"}, /* two tokens, of which the first is kept: the character is named whole */
        {74, "! unhappily <|endoftext|>", "unhappily <|endoftext|>"},
    };
    struct tokenizer *t = open_flavor(TOKENIZER_DIFFUSERS);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int32_t ids[TOKENIZER_CONTEXT], without[TOKENIZER_CONTEXT];
        char *prompt = repeat("dog ", cases[i].dogs, cases[i].end), *cut;
        struct err e = tokenizer_context(t, prompt, ids, &cut);
        cr_assert(!e.code, "case %zu: %s", i, err_text(e));
        cr_expect(cut && !strcmp(cut, cases[i].cut), "case %zu: \"%s\" was cut, not \"%s\"", i, cut ? cut : "nothing",
                  cases[i].cut);
        cr_expect(ids[0] == TOKENIZER_BOS && ids[74] == 1929 && ids[76] == TOKENIZER_EOS, "case %zu: wrong ids", i);
        e = tokenizer_context(t, prompt, without, NULL);
        cr_expect(!e.code && !memcmp(ids, without, sizeof ids), "case %zu: other ids where cut is not asked for", i);
        free(cut);
        free(prompt);
    }
    tokenizer_free(t);
}

Test(tokenizer, kerascv_refuses_what_is_too_long)
{
    static const struct {
        size_t dogs;
        const char *count;
    } cases[] = {{76, "78 tokens"}, {2500, "2502 tokens"}}; /* the second has 10,000 characters */
    struct tokenizer *t = open_flavor(TOKENIZER_KERASCV);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int32_t ids[TOKENIZER_CONTEXT];
        char *prompt = repeat("dog ", cases[i].dogs, ""), *cut = prompt;
        struct err e = tokenizer_context(t, prompt, ids, &cut);
        cr_expect(e.code == ERR_FAILED, "%zu words are not refused", cases[i].dogs);
        cr_expect(strstr(err_text(e), cases[i].count) && strstr(err_text(e), "at most 77") &&
                      strstr(err_text(e), "shorten"),
                  "%zu words: \"%s\"", cases[i].dogs, err_text(e));
        cr_expect_null(cut);
        err_free(&e);
        free(prompt);
    }
    tokenizer_free(t);
}
