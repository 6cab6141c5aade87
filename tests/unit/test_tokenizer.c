/* The tokenizer against KerasCV's and diffusers', and prompts that are no text, or very long. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include "pipeline/base/file.h"
#include "pipeline/base/text.h"
#include "pipeline/text/tokenizer.h"
#include "tests/support/golden.h"

static const char *const flavor_names[] = {"kerascv", "diffusers"};
enum { FLAVORS = ARRAY_LEN(flavor_names) };

static struct tokenizer *tokenizer[FLAVORS];

static void open_both(void)
{
    for (int f = 0; f < FLAVORS; f++) {
        struct err e = tokenizer_open(f, &tokenizer[f]);
        cr_assert(!e.code, "%s", err_text(e));
    }
}

static void close_both(void)
{
    for (int f = 0; f < FLAVORS; f++)
        tokenizer_free(tokenizer[f]);
}

TestSuite(tokenizer, .init = open_both, .fini = close_both);

static struct token_list encode(int flavor, const char *prompt)
{
    struct token_list list;
    struct err e = tokenizer_encode(tokenizer[flavor], prompt, &list);
    cr_assert(!e.code, "%s, \"%.80s\": %s", flavor_names[flavor], prompt, err_text(e));
    return list;
}

static void expect_ids(int flavor, const char *prompt, const struct token_list *list, const cJSON *ids)
{
    size_t i = 0;
    const cJSON *id;
    cJSON_ArrayForEach(id, ids)
    {
        if (i >= list->count || list->token[i].id != id->valueint)
            cr_assert_fail("%s, \"%s\": token %zu of %zu differs (%d expected)", flavor_names[flavor], prompt, i,
                           list->count, id->valueint);
        i++;
    }
    cr_expect(i == list->count, "%s, \"%s\": %zu tokens, not %zu", flavor_names[flavor], prompt, list->count, i);
}

/* Spans go forward, and only spaces lie between them. Failures only are reported: Criterion sends a message for each
 * assertion that holds, too. */
static void expect_spans(int flavor, const char *prompt, const struct token_list *list)
{
    size_t at = 0, length = strlen(list->text);
    for (size_t i = 0; i < list->count; i++) {
        const struct token *t = &list->token[i];
        if (t->begin < at || t->end < t->begin || t->end > length)
            cr_assert_fail("%s, \"%s\": token %zu has bytes %zu to %zu", flavor_names[flavor], prompt, i, t->begin,
                           t->end);
        for (; at < t->begin; at++)
            if (list->text[at] != ' ')
                cr_assert_fail("%s, \"%s\": byte %zu is lost", flavor_names[flavor], prompt, at);
        at = t->end;
    }
}

Test(tokenizer, equals_goldens)
{
    struct file_map map;
    struct err e = file_map(golden_path("tokens.json"), &map);
    cr_assert(!e.code, "%s", err_text(e));
    cJSON *all = cJSON_ParseWithLength((const char *)map.bytes, map.size);
    const cJSON *row;
    int rows = 0;
    cJSON_ArrayForEach(row, all)
    {
        const char *prompt = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, "text"));
        for (int f = 0; f < FLAVORS; f++) {
            struct token_list list = encode(f, prompt);
            expect_ids(f, prompt, &list, cJSON_GetObjectItemCaseSensitive(row, flavor_names[f]));
            expect_spans(f, prompt, &list);
            token_list_free(&list);
        }
        rows++;
    }
    cr_expect(rows == 104, "%d prompts", rows);
    cJSON_Delete(all);
    file_unmap(&map);
}

/* What the libraries gave, for marks and special tokens that no golden has. */
Test(tokenizer, equals_libraries_where_they_are_odd)
{
    static const struct {
        const char *prompt, *ids[FLAVORS];
    } cases[] = {
        {"a <|endoftext|> b", {"[49406,320,49407,321,49407]", "[49406,320,49407,321,49407]"}},
        {"<|EndOfText|>", {"[49406,49407,49407]", "[49406,27,347,40786,4160,91,285,49407]"}},
        {"!<|endoftext|>", {"[49406,0,27,347,40786,4160,91,285,49407]", "[49406,256,49407,49407]"}},
        {"<|STARTOFTEXT|>!", {"[49406,49406,256,49407]", "[49406,27,347,993,6659,4160,91,285,256,49407]"}},
        {"&lt;|endoftext|&gt;", {"[49406,49407,49407]", "[49406,261,3333,26,347,40786,4160,91,261,4725,282,49407]"}},
        {"e<|endoftext|>\u0301", {"[49406,324,49407,136,479,49407]", "[49406,324,49407,136,479,49407]"}},
        {"<|\u017ftartoftext|>",
         {"[49406,27,91,129,123,2002,6659,18169,91,285,49407]", "[49406,27,347,129,123,2002,6659,4160,91,285,49407]"}},
        {"it'\u017f", {"[49406,585,6,129,379,49407]", "[49406,585,262,129,379,49407]"}},
        {"!\u0345!", {"[49406,256,256,49407]", "[49406,0,137,227,256,49407]"}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (int f = 0; f < FLAVORS; f++) {
            struct token_list list = encode(f, cases[i].prompt);
            cJSON *ids = cJSON_Parse(cases[i].ids[f]);
            expect_ids(f, cases[i].prompt, &list, ids);
            cJSON_Delete(ids);
            token_list_free(&list);
        }
}

Test(tokenizer, pieces_and_their_bytes)
{
    static const struct token expected[] = {
        {49406, "<|startoftext|>", 0, 0}, {15304, "caf\u00c3\u00a9</w>", 0, 5},
        {2566, "au</w>", 6, 8},           {572, "la", 9, 11},
        {585, "it</w>", 11, 13},          {49407, "<|endoftext|>", 13, 13},
    };
    for (int f = 0; f < FLAVORS; f++) {
        struct token_list list = encode(f, "Caf\u00e9 \t\nau lait");
        cr_assert_str_eq(list.text, "caf\u00e9 au lait");
        cr_assert_eq(list.count, ARRAY_LEN(expected));
        for (size_t i = 0; i < list.count; i++) {
            const struct token *t = &list.token[i], *x = &expected[i];
            cr_expect(t->id == x->id && !strcmp(t->piece, x->piece) && t->begin == x->begin && t->end == x->end,
                      "%s: token %zu is %d \"%s\" at %zu to %zu", flavor_names[f], i, t->id, t->piece, t->begin,
                      t->end);
            cr_expect_eq(tokenizer_piece(tokenizer[f], t->id), t->piece);
        }
        token_list_free(&list);
    }
}

Test(tokenizer, invalid_utf8_is_named_with_its_place)
{
    static const struct {
        const char *prompt, *line;
    } cases[] = {
        {"\x80", "byte 0 (0x80) continues a character that was not begun"},
        {"a \u00e9\xbf", "byte 4 (0xBF) continues a character that was not begun"},
        {"ab\xc0\xaf", "byte 2 (0xC0) begins an overlong form"},
        {"\xc1\xbf", "byte 0 (0xC1) begins an overlong form"},
        {"abc\xe0\x9f\xbf", "byte 3 (0xE0) begins an overlong form"},
        {"\u5c71\xf0\x8f\xbf\xbf", "byte 3 (0xF0) begins an overlong form"},
        {"x\xed\xa0\x80", "byte 1 (0xED) begins a surrogate"},
        {"x\xed\xbf\xbfx", "byte 1 (0xED) begins a surrogate"},
        {"xy\xf4\x90\x80\x80", "byte 2 (0xF4) begins a value above U+10FFFF"},
        {"dog \xf5\x80\x80\x80", "byte 4 (0xF5) never occurs in UTF-8"},
        {"\xff", "byte 0 (0xFF) never occurs in UTF-8"},
        {"dog\xc3", "byte 3 (0xC3) begins a character that is cut short"},
        {"dog\xe5\xb1", "byte 3 (0xE5) begins a character that is cut short"},
        {"\xf0\x9f\x98 dog", "byte 0 (0xF0) begins a character that is cut short"},
        {"<|endoftext|>\xc3(", "byte 13 (0xC3) begins a character that is cut short"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (int f = 0; f < FLAVORS; f++) {
            struct token_list list;
            struct err e = tokenizer_encode(tokenizer[f], cases[i].prompt, &list);
            cr_expect(e.code == ERR_FAILED && strstr(err_text(e), cases[i].line), "%s, case %zu: \"%s\"",
                      flavor_names[f], i, err_text(e));
            token_list_free(&list);
            err_free(&e);
        }
}

/* A megabyte without a space. The counts are the libraries'. */
Test(tokenizer, one_long_word, .timeout = 60)
{
    static const struct {
        const char *unit, *end;
        size_t times, count;
        const char *piece; /* all but the first and the last few */
    } cases[] = {
        {"a", "", 1000000, 125003, "aaaaaaaa"},
        {"abc", "a", 333333, 333336, "cab"},
        {"haha", "", 250000, 62503, "hahahahahahahaha"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct text prompt = {0};
        for (size_t k = 0; k < cases[i].times; k++)
            text_add(&prompt, "%s", cases[i].unit);
        text_add(&prompt, "%s", cases[i].end);
        for (int f = 0; f < FLAVORS; f++) {
            struct token_list list = encode(f, prompt.bytes);
            cr_expect(list.count == cases[i].count, "%s, %s: %zu tokens", flavor_names[f], cases[i].unit, list.count);
            for (size_t k = 3; k + 3 < list.count; k++)
                if (strcmp(list.token[k].piece, cases[i].piece))
                    cr_assert_fail("%s, %s: token %zu is \"%s\"", flavor_names[f], cases[i].unit, k,
                                   list.token[k].piece);
            expect_spans(f, cases[i].unit, &list);
            token_list_free(&list);
        }
        text_free(&prompt);
    }
}

static void *encode_many(void *ids)
{
    for (int i = 0; i < 200; i++) {
        struct err e = tokenizer_context(tokenizer[1], "an otter, 4k, in a rainbow whirlpool", ids, NULL);
        if (e.code || ((int32_t *)ids)[2] != 22456)
            return ids;
    }
    return NULL;
}

Test(tokenizer, threads_share_one)
{
    int32_t ids[4][TOKENIZER_CONTEXT];
    pthread_t thread[ARRAY_LEN(ids)];
    for (size_t i = 0; i < ARRAY_LEN(ids); i++)
        cr_assert_eq(pthread_create(&thread[i], NULL, encode_many, ids[i]), 0);
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        void *failed;
        pthread_join(thread[i], &failed);
        cr_expect_null(failed, "thread %zu got other ids", i);
    }
}

Test(tokenizer, nothing_can_be_freed)
{
    struct token_list none = {0};
    tokenizer_free(NULL);
    token_list_free(&none);
    cr_expect_null(none.token);
}
