/* pipeline/base but for its files (test_file.c): errors, arenas, texts, shapes. */
#include "pipeline/base/arena.h"
#include "pipeline/base/error.h"
#include "pipeline/base/shape.h"
#include "pipeline/base/text.h"

#include <criterion/criterion.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

Test(error, carries_code_and_text)
{
    struct err e = err_make(ERR_ABSENT, "no %s in slot %d", "GPU", 3);
    cr_expect(e.code == ERR_ABSENT && !strcmp(err_text(e), "no GPU in slot 3"), "%s", err_text(e));
    err_free(&e);
    cr_expect(e.code == ERR_NONE && !e.text);
    err_free(&e);

    e = err_fail("%s: bad", "file");
    cr_expect(e.code == ERR_FAILED && !strcmp(err_text(e), "file: bad"), "%s", err_text(e));
    err_free(&e);

    cr_expect(!strcmp(err_text(OK), "no error"));
    cr_expect(!strcmp(err_text((struct err){ERR_FAILED, NULL}), "out of memory"));
}

Test(error, wraps_keeping_the_code)
{
    struct err e = err_wrap(err_make(ERR_MISMATCH, "differs"), "tensor %d", 7);
    e = err_wrap(e, "weights");
    cr_expect(e.code == ERR_MISMATCH && !strcmp(err_text(e), "weights: tensor 7: differs"), "%s", err_text(e));
    err_free(&e);
    e = err_wrap(OK, "weights");
    cr_expect(!e.code && !e.text);
}

Test(error, first_of_two)
{
    static const struct {
        enum err_code a, b, first;
        const char *text;
    } cases[] = {
        {ERR_NONE, ERR_NONE, ERR_NONE, "no error"},
        {ERR_FAILED, ERR_NONE, ERR_FAILED, "a"},
        {ERR_NONE, ERR_ABSENT, ERR_ABSENT, "b"},
        {ERR_FAILED, ERR_ABSENT, ERR_FAILED, "a"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err a = cases[i].a ? err_make(cases[i].a, "a") : OK, b = cases[i].b ? err_make(cases[i].b, "b") : OK;
        struct err first = err_first(a, b);
        cr_expect(first.code == cases[i].first && !strcmp(err_text(first), cases[i].text), "case %zu", i);
        err_free(&first);
    }
}

static struct err fail_at(int place, int *reached)
{
    *reached = 1;
    TRY(place == 1 ? err_fail("first") : OK);
    *reached = 2;
    TRY(place == 2 ? err_fail("second") : OK);
    *reached = 3;
    return OK;
}

Test(error, try_leaves_at_the_first)
{
    static const char *const texts[] = {"no error", "first", "second"};
    for (int place = 0; place < 3; place++) {
        int reached;
        struct err e = fail_at(place, &reached);
        cr_expect(reached == (place ? place : 3) && !strcmp(err_text(e), texts[place]), "place %d", place);
        err_free(&e);
    }
}

Test(arena, gives_zeroed_aligned_separate_memory)
{
    enum { COUNT = 2000 };
    struct arena a = {0};
    unsigned char *blocks[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        size_t bytes = i % 97 == 96 ? 100000 + i : i % 97; /* now and then more than a block holds; 0 too */
        blocks[i] = arena_alloc(&a, bytes);
        cr_assert(blocks[i] && (uintptr_t)blocks[i] % alignof(max_align_t) == 0, "block %zu", i);
        for (size_t k = 0; k < bytes; k++)
            cr_assert(blocks[i][k] == 0, "block %zu, byte %zu", i, k);
        memset(blocks[i], (int)(i % 255) + 1, bytes);
    }
    for (size_t i = 0; i < COUNT; i++) {
        size_t bytes = i % 97 == 96 ? 100000 + i : i % 97;
        for (size_t k = 0; k < bytes; k++)
            cr_assert(blocks[i][k] == i % 255 + 1, "block %zu, byte %zu was overwritten", i, k);
    }
    arena_free(&a);
    cr_expect(!a.last);
    arena_free(&a);
}

Test(arena, copies_and_formats_texts)
{
    struct arena a = {0};
    char original[] = "down_blocks.0", *copy = arena_strdup(&a, original);
    original[0] = 'X';
    cr_expect(!strcmp(copy, "down_blocks.0"), "%s", copy);
    cr_expect(!strcmp(arena_strdup(&a, ""), ""));
    const char *path = arena_printf(&a, "%s/resnets.%d", copy, 12);
    cr_expect(!strcmp(path, "down_blocks.0/resnets.12"), "%s", path);
    cr_expect(strlen(arena_printf(&a, "%100000d", 1)) == 100000);
    cr_expect(!strcmp(copy, "down_blocks.0"), "%s", copy);
    arena_free(&a);
}

Test(text, grows)
{
    struct text t = {0};
    cr_expect(!strcmp(text_get(&t), "") && !t.length);
    for (int i = 0; i < 1000; i++)
        text_add(&t, "%03d,", i);
    text_add(&t, "%s", "");
    cr_assert(t.length == 4000 && strlen(text_get(&t)) == 4000);
    for (int i = 0; i < 1000; i++)
        cr_expect(atoi(t.bytes + 4 * i) == i, "%d", i);
    text_add_bytes(&t, "a\0b", 3);
    cr_expect(t.length == 4003 && !memcmp(t.bytes + 4000, "a\0b", 4));
    text_free(&t);
    cr_expect(!t.bytes && !t.length && !t.capacity);
    text_free(&t);
}

Test(text, nearest_name)
{
    static const char *const names[] = {"standard", "mixed", "fused", "fused-mixed", "ddim", "dpmpp-2m", NULL};
    static const struct {
        const char *word, *nearest;
    } cases[] = {
        {"fused", "fused"},  /* itself */
        {"FUSED", "fused"},  /* case */
        {"fuse", "fused"},   /* insert */
        {"mixedd", "mixed"}, /* delete */
        {"mixet", "mixed"},  /* replace */
        {"mxied", "mixed"},  /* swap */
        {"dpmpp2m", "dpmpp-2m"},
        {"standrad", "standard"},
        {"fusedmixed", "fused-mixed"},
        {"sdandart", "standard"},
        {"dd", NULL}, /* two edits from ddim; a word of two may have one */
        {"ddi", "ddim"},
        {"reference", NULL},
        {"", NULL},
        {"x", NULL},
        {"0123456789012345678901234567890123456789012345678901234567890123456789", NULL},
    };
    static const char *const none[] = {NULL}, *const twice[] = {"euler-a", "euler-b", NULL};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *found = text_nearest(cases[i].word, names);
        bool right = found && cases[i].nearest ? !strcmp(found, cases[i].nearest) : found == cases[i].nearest;
        cr_expect(right, "%s: %s", cases[i].word, found ? found : "none");
    }
    cr_expect(!text_nearest("fused", none));
    cr_expect(text_nearest("euler", twice) == twice[0], "the first of equally near ones");
}

Test(text, valid_utf8)
{
    static const struct {
        const char *name, *bytes;
        size_t n;
        bool valid;
    } cases[] = {
        {"empty", "", 0, true},
        {"ASCII", "otter", 5, true},
        {"NUL", "a\0b", 3, true},
        {"2 bytes", "\xc2\x80\xdf\xbf", 4, true},
        {"3 bytes", "\xe0\xa0\x80\xef\xbf\xbd", 6, true},
        {"4 bytes", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8, true},
        {"continuation alone", "a\x80", 2, false},
        {"cut", "\xf0\x9f\xa6", 3, false},
        {"cut by another", "\xe6\xb0z", 3, false},
        {"overlong of 2", "\xc0\xaf", 2, false},
        {"overlong of 3", "\xe0\x80\xaf", 3, false},
        {"overlong of 4", "\xf0\x80\x80\xaf", 4, false},
        {"surrogate", "\xed\xa0\x80", 3, false},
        {"past U+10FFFF", "\xf4\x90\x80\x80", 4, false},
        {"5 bytes", "\xf8\x88\x80\x80\x80", 5, false},
        {"FF", "\xff", 1, false},
        {"Latin-1", "caf\xe9", 4, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        cr_expect(text_is_utf8(cases[i].bytes, cases[i].n) == cases[i].valid, "%s", cases[i].name);
}

Test(shape, counts_compares_and_prints)
{
    static const struct {
        struct shape shape;
        int64_t count;
        const char *text;
    } cases[] = {
        {{0}, 1, "scalar"},
        {{1, {7}}, 7, "7"},
        {{2, {77, 768}}, 59136, "77x768"},
        {{3, {2, 77, 768}}, 118272, "2x77x768"},
        {{4, {1, 4, 64, 64}}, 16384, "1x4x64x64"},
        {{4, {3, 0, 5, 5}}, 0, "3x0x5x5"},
        {{1, {INT64_MAX}}, INT64_MAX, "9223372036854775807"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[SHAPE_TEXT];
        cr_expect(shape_count(cases[i].shape) == cases[i].count, "%s", cases[i].text);
        cr_expect(!strcmp(shape_text(cases[i].shape, text), cases[i].text), "%s: %s", cases[i].text, text);
        for (size_t k = 0; k < ARRAY_LEN(cases); k++)
            cr_expect(shape_equal(cases[i].shape, cases[k].shape) == (i == k), "%s and %s", cases[i].text,
                      cases[k].text);
    }
    struct shape longest = {4, {INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN}};
    char text[SHAPE_TEXT];
    cr_expect(strlen(shape_text(longest, text)) == 83, "%s", text);
}

Test(shape, from_a_list)
{
    struct shape s = SHAPE(2, 77, 768), other = s;
    cr_expect(s.rank == 3 && s.dim[0] == 2 && s.dim[1] == 77 && s.dim[2] == 768 && s.dim[3] == 0);
    other.dim[3] = 9; /* past its rank */
    cr_expect(shape_equal(s, other));
}
