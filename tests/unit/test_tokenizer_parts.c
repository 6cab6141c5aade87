/* The tokenizer's parts: HTML entities, cleaning, merging. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <zlib.h>

#include "pipeline/base/error.h"
#include "pipeline/base/text.h"
#include "pipeline/text/bpe.h"
#include "pipeline/text/flavor.h"
#include "pipeline/text/html.h"
#include "pipeline/text/utf8.h"

/* The spellings, and what comes of each. */
static const char *const spellings[] = {
#define ENTITY(name, c)  name ";",
#define BARE(name, c)    name, name ";",
#define PAIR(name, c, d) name ";",
#include "pipeline/text/html_entities.def"
#undef ENTITY
#undef BARE
#undef PAIR
};

/* "NAME:HEX[,HEX]\n" of all spellings in order, decoded; the checksum is that of Python's html.entities.html5. */
Test(tokenizer, html_names_are_python_s)
{
    struct text list = {0};
    cr_expect_eq(ARRAY_LEN(spellings), 2231);
    for (size_t i = 0; i < ARRAY_LEN(spellings); i++) {
        struct text in = {0}, out = {0};
        struct code_points decoded;
        text_add(&in, "&%s", spellings[i]);
        html_unescape(in.bytes, in.length, &out);
        if (code_points_decode(out.bytes, out.length, &decoded).code || decoded.count > 2)
            cr_assert_fail("&%s stays \"%s\"", spellings[i], out.bytes);
        text_add(&list, "%s", spellings[i]);
        for (size_t k = 0; k < decoded.count; k++)
            text_add(&list, "%c%x", k ? ',' : ':', (unsigned)decoded.at[k]);
        text_add(&list, "\n");
        code_points_free(&decoded);
        text_free(&in);
        text_free(&out);
    }
    unsigned long crc = crc32(0, (const Bytef *)list.bytes, (uInt)list.length);
    cr_expect(crc == 0x3420b510, "the table's checksum is 0x%lx", crc);
    text_free(&list);
}

Test(tokenizer, html_unescape_is_python_s)
{
    static const struct {
        const char *html, *text;
    } cases[] = {
        {"no reference", "no reference"},
        {"a &lt;b&gt; &quot;c&quot; &copy; &hearts; &nbsp;", "a <b> \"c\" \u00a9 \u2665 \u00a0"},
        {"&amp &ampere &amp;amp; &AMP", "& &ere &amp; &"},
        {"&notin; &notit; &not &no", "\u2209 \u00acit; \u00ac &no"},
        {"&notanentity; &unknown; & &; &&", "\u00acanentity; &unknown; & &; &&"},
        {"&NotEqualTilde;&nGt;", "\u2242\u0338\u226b\u20d2"},
        {"&hearts", "&hearts"},
        {"&amp\u00e9", "&\u00e9"},
        {"&CounterClockwiseContourIntegral;", "\u2233"},
        {"&CounterClockwiseContourIntegralx;", "&CounterClockwiseContourIntegralx;"},
        {"&#65;&#65 &#x41;&#X41g &#0065;", "AA AAg A"},
        {"&#39;&#x1F600;", "'\U0001f600"},
        {"&# &#; &#x; &#xg &#-1;", "&# &#; &#x; &#xg &#-1;"},
        {"&#128;&#x9f;&#129;&#0;", "\u20ac\u0178\xc2\x81\ufffd"},
        {"&#xd7ff;&#xd800;&#xdfff;&#xe000;", "\ud7ff\ufffd\ufffd\ue000"},
        {"&#x10ffff;&#x10fffd;&#x110000;&#99999999999999999999;", "\U0010fffd\ufffd\ufffd"},
        {"[&#1;&#11;&#31;&#127;&#xfdd0;&#xffff;&#x2fffe;]", "[]"},
        {"[&#9;&#10;&#12;&#13;&#32;]", "[\t\n\f\r ]"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct text out = {0};
        html_unescape(cases[i].html, strlen(cases[i].html), &out);
        cr_expect(!strcmp(text_get(&out), cases[i].text), "\"%s\" becomes \"%s\", not \"%s\"", cases[i].html,
                  text_get(&out), cases[i].text);
        text_free(&out);
    }
}

Test(tokenizer, cleaned_prompts)
{
    static const struct {
        const char *raw, *kerascv, *diffusers;
    } cases[] = {
        {"", "", ""},
        {" \t a\r\n B\u3000\u00a0", "a b", " a b "},
        {"a\u180eb\u200bc", "a\u180eb\u200bc", "a\u180eb\u200bc"}, /* these two are no white space */
        {"\x1c\x1f"
         "a\x1d"
         "b \x1e ",
         "a\x1d"
         "b",
         "\x1c\x1f"
         "a\x1d"
         "b \x1e "},
        {"&amp;amp; &AMP;quot;", "& \"", "&amp;amp; &amp;quot;"},
        {"&amp;#65;&#38;#x42;", "ab", "&amp;#65;&#38;#x42;"},
        {"&#32;&#9;x&#160;", "x", "&#32;&#9;x&#160;"},
        /* NFC in diffusers only */
        {"E\u0301 \u212b \u1100\u1161\u11a8", "e\u0301 \u00e5 \u1100\u1161\u11a8", "\u00e9 \u00e5 \uac01"},
        {"a\u0301\u0316\u0323 a\u0301\u0323", "a\u0301\u0316\u0323 a\u0301\u0323", "\u00e1\u0316\u0323 \u1ea1\u0301"},
        {"\u0958 \u2126", "\u0958 \u03c9", "\u0915\u093c \u03c9"},
        /* lower case */
        {"\u0130I\u0131 \u1e9e \u01c5 \u13a0 \U00010400", "i\u0307i\u0131 \u00df \u01c6 \uab70 \U00010428",
         "i\u0307i\u0131 \u00df \u01c6 \uab70 \U00010428"},
        /* final sigma in kerascv only: behind a letter with case, not before one */
        {"\u038c\u03a3\u039f\u03a3", "\u03cc\u03c3\u03bf\u03c2", "\u03cc\u03c3\u03bf\u03c3"},
        {"\u03a3 1\u03a3 \u05d0\u03a3", "\u03c3 1\u03c3 \u05d0\u03c3", "\u03c3 1\u03c3 \u05d0\u03c3"},
        {"A'\u0301\u03a3.\u00adB A\u03a3:", "a'\u0301\u03c3.\u00adb a\u03c2:", "a'\u0301\u03c3.\u00adb a\u03c3:"},
        {"A'\u0301\u03a3!", "a'\u0301\u03c2!", "a'\u0301\u03c3!"},
        {"\u24b6\u03a3\u2160 \u24b6\u03a31", "\u24d0\u03c3\u2170 \u24d0\u03c21", "\u24d0\u03c3\u2170 \u24d0\u03c31"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (size_t f = 0; f < ARRAY_LEN(flavors); f++) {
            const char *expected = f == TOKENIZER_KERASCV ? cases[i].kerascv : cases[i].diffusers;
            struct text out = {0};
            struct err e = flavors[f].clean(cases[i].raw, strlen(cases[i].raw), &out);
            cr_assert(!e.code, "%s, case %zu: %s", flavors[f].name, i, err_text(e));
            cr_expect(!strcmp(text_get(&out), expected), "%s, case %zu: \"%s\" becomes \"%s\", not \"%s\"",
                      flavors[f].name, i, cases[i].raw, text_get(&out), expected);
            text_free(&out);
        }
}

/* Marks in the worst order: sorted by class, the order within a class kept. */
Test(tokenizer, many_marks, .timeout = 30)
{
    enum { N = 200000 };
    struct text raw = {0}, out = {0};
    for (int i = 0; i < N; i++)
        text_add(&raw, "%s", i % 2 ? "\u0316" : i % 4 ? "\u0300" : "\u030d"); /* classes 220, 230, 230 */
    struct err e = clean_diffusers(raw.bytes, raw.length, &out);
    cr_assert(!e.code, "%s", err_text(e));
    cr_expect_eq(out.length, raw.length);
    for (size_t i = 0; i < N; i++) {
        const char *expected = i < N / 2 ? "\u0316" : i % 2 ? "\u0300" : "\u030d";
        if (memcmp(out.bytes + 2 * i, expected, 2))
            cr_assert_fail("mark %zu is not %s", i, expected);
    }
    text_free(&raw);
    text_free(&out);
}

/* The definition: of all pairs that merge the earliest merge, leftmost first, until none is left. */
static size_t merge_obviously(const struct vocabulary *v, const char *word, size_t n, uint32_t *id)
{
    for (size_t i = 0; i < n; i++)
        id[i] = v->symbol[(unsigned char)word[i]] + (i + 1 == n ? VOCABULARY_SYMBOLS : 0U);
    for (;;) {
        uint32_t least = VOCABULARY_SIZE;
        size_t at = 0;
        for (size_t i = 0; i + 1 < n; i++) {
            uint32_t product = vocabulary_merge(v, id[i], id[i + 1]);
            if (product && product < least)
                least = product, at = i;
        }
        if (least == VOCABULARY_SIZE)
            return n;
        id[at] = least;
        memmove(id + at + 1, id + at + 2, (n - at - 2) * sizeof *id);
        n--;
    }
}

Test(tokenizer, merges_are_those_of_the_definition)
{
    static const char *const alphabets[] = {
        "a", "ab", "aeinorst", "abcdefghijklmnopqrstuvwxyz", ".!-*", "\xe3\x81\x82\x84"};
    enum { WORDS = 3000, LONGEST = 120 };
    struct vocabulary v;
    struct bpe bpe = {0};
    struct err e = vocabulary_open(&v);
    cr_assert(!e.code, "%s", err_text(e));
    uint32_t seed = 1;
    for (int k = 0; k < WORDS; k++) {
        char word[LONGEST];
        uint32_t id[LONGEST];
        const char *alphabet = alphabets[k % (int)ARRAY_LEN(alphabets)];
        size_t n = 1 + (size_t)k % LONGEST, count = 0;
        for (size_t i = 0; i < n; i++) {
            seed = seed * 1664525 + 1013904223;
            word[i] = alphabet[(seed >> 16) % strlen(alphabet)];
        }
        size_t expected = merge_obviously(&v, word, n, id);
        e = bpe_merge(&bpe, &v, word, n);
        if (e.code)
            cr_assert_fail("%s", err_text(e));
        for (size_t i = 0; i < n; i = bpe.next[i], count++)
            if (count >= expected || bpe.id[i] != id[count])
                cr_assert_fail("\"%.*s\": piece %zu is %u", (int)n, word, count, bpe.id[i]);
        if (count != expected)
            cr_assert_fail("\"%.*s\": %zu pieces, not %zu", (int)n, word, count, expected);
    }
    bpe_free(&bpe);
    vocabulary_free(&v);
}

Test(tokenizer, vocabulary_is_whole)
{
    static const struct {
        uint32_t id;
        const char *piece;
    } known[] = {{0, "!"},
                 {93, "~"},
                 {94, "\u00a1"},
                 {187, "\u00ff"},
                 {188, "\u0100"},
                 {220, "\u0120"},
                 {255, "\u0143"},
                 {256, "!</w>"},
                 {512, "in"},
                 {49405, "jekyll</w>"},
                 {49406, "<|startoftext|>"},
                 {49407, "<|endoftext|>"}};
    struct vocabulary v;
    struct err e = vocabulary_open(&v);
    cr_assert(!e.code, "%s", err_text(e));
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        cr_expect(!strcmp(vocabulary_piece(&v, known[i].id), known[i].piece), "piece %u is \"%s\"", known[i].id,
                  vocabulary_piece(&v, known[i].id));
    cr_expect_eq(vocabulary_merge(&v, known[0].id, 511), 0);
    cr_expect_eq(vocabulary_merge(&v, 72, 77), 512); /* i n */
    vocabulary_free(&v);
}
