#define PCRE2_CODE_UNIT_WIDTH 8

#include "pipeline/text/words.h"

#include <stdint.h>
#include <stdlib.h>

#include <pcre2.h>

struct words {
    pcre2_code *code;
};

struct err words_open(const char *expression, bool any_case, struct words **out)
{
    int reason;
    PCRE2_SIZE at;
    uint32_t options = PCRE2_UTF | PCRE2_UCP | (any_case ? PCRE2_CASELESS : 0);
    *out = calloc(1, sizeof **out);
    if (!*out)
        return err_fail("out of memory (a regular expression)");
    (*out)->code = pcre2_compile((PCRE2_SPTR)expression, PCRE2_ZERO_TERMINATED, options, &reason, &at, NULL);
    if ((*out)->code)
        return OK;
    words_free(*out);
    *out = NULL;
    return err_fail("PCRE2 does not take the tokenizer's expression (error %d at byte %zu): is it built with Unicode?",
                    reason, (size_t)at);
}

void words_free(struct words *w)
{
    if (!w)
        return;
    pcre2_code_free(w->code);
    free(w);
}

/* count is 1 + the number of groups that matched. */
static struct err give(const PCRE2_SIZE *span, int count, words_each word, void *user)
{
    for (int i = count > 1; i < count; i++)
        TRY(word(user, span[2 * i], span[2 * i + 1]));
    return OK;
}

struct err words_find(const struct words *w, const char *text, size_t length, size_t from, words_each word, void *user)
{
    pcre2_match_data *match = pcre2_match_data_create_from_pattern(w->code, NULL);
    struct err e = match ? OK : err_fail("out of memory (a regular expression)");
    while (!e.code) {
        /* Unchecked: PCRE2 would validate the rest of the text again at each word, in quadratic time. */
        int count = pcre2_match(w->code, (PCRE2_SPTR)text, length, from, PCRE2_NO_UTF_CHECK, match, NULL);
        if (count == PCRE2_ERROR_NOMATCH)
            break;
        if (count < 0) {
            e = err_fail("PCRE2 gave up at byte %zu of the prompt (error %d)", from, count);
            break;
        }
        const PCRE2_SIZE *span = pcre2_get_ovector_pointer(match);
        from = span[1];
        e = give(span, count, word, user);
    }
    pcre2_match_data_free(match);
    return e;
}
