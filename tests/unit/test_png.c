/* What png_write writes: read back, and looked at chunk by chunk. */
#include "pipeline/base/file.h"
#include "pipeline/image/png.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(png, .init = scratch_open, .fini = scratch_close);

static struct picture noise(int width, int height)
{
    struct picture p;
    cr_assert(!picture_new(width, height, &p).code);
    uint32_t state = 1;
    for (size_t i = 0; i < picture_bytes(&p); i++)
        p.rgb[i] = (uint8_t)((state = state * 1664525 + 1013904223) >> 24);
    return p;
}

static void expect_same(const struct picture *a, const struct picture *b, const char *which)
{
    cr_assert(a->width == b->width && a->height == b->height, "%s: %dx%d", which, b->width, b->height);
    cr_assert(!memcmp(a->rgb, b->rgb, picture_bytes(a)), "%s: pixels differ", which);
}

/* "IHDR tEXt IDAT IEND " */
static void chunk_types(const char *file, char *types, size_t size)
{
    size_t n;
    char *bytes = scratch_read(file, &n);
    *types = 0;
    for (size_t at = 8; at + 12 <= n && strlen(types) + 6 < size;) {
        const unsigned char *length = (const unsigned char *)bytes + at;
        strncat(types, bytes + at + 4, 4);
        strcat(types, " ");
        at += 12 + ((size_t)length[0] << 24 | (size_t)length[1] << 16 | (size_t)length[2] << 8 | length[3]);
    }
    free(bytes);
}

Test(png, round_trips_sizes)
{
    static const int sizes[][2] = {{1, 1}, {1, 9}, {9, 1}, {31, 17}, {256, 256}, {2000, 3}};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        char which[64];
        snprintf(which, sizeof which, "%dx%d", sizes[i][0], sizes[i][1]);
        struct picture p = noise(sizes[i][0], sizes[i][1]), back;
        struct err e = png_write(scratch_path("a.png"), &p, NULL, 0);
        cr_assert(!e.code, "%s: %s", which, err_text(e));
        e = png_read(scratch_path("a.png"), &back, NULL);
        cr_assert(!e.code, "%s: %s", which, err_text(e));
        expect_same(&p, &back, which);
        cr_expect(scratch_count() == 1, "%s", which);
        picture_free(&p);
        picture_free(&back);
    }
}

Test(png, is_the_same_file_each_time)
{
    struct picture p = noise(40, 30);
    struct png_text text = {"parameters", "twice"};
    size_t a, b;
    cr_assert(!png_write(scratch_path("a.png"), &p, &text, 1).code);
    cr_assert(!png_write(scratch_path("b.png"), &p, &text, 1).code);
    char *first = scratch_read("a.png", &a), *second = scratch_read("b.png", &b);
    cr_expect(a == b && !memcmp(first, second, a));
    free(first);
    free(second);
    picture_free(&p);
}

/* `unit` repeated until the text has `count` of them. */
static char *repeated(const char *unit, size_t count)
{
    char *text = calloc(strlen(unit) * count + 1, 1), *at = text;
    cr_assert(text);
    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, unit);
    return text;
}

Test(png, texts_round_trip)
{
    static const struct {
        const char *name, *unit;
        size_t count;
        const char *chunks;
    } cases[] = {
        {"ASCII", "a cute otter, Steps: 50", 1, "IHDR tEXt IDAT IEND "},
        {"all printable", " !\"#$%&'()*+,-./0123456789:;<=>?@AZ[\\]^_`az{|}~", 1, "IHDR tEXt IDAT IEND "},
        {"lines", "prompt\nNegative prompt: x\nSteps: 50", 1, "IHDR tEXt IDAT IEND "},
        {"10,000 letters", "a", 10000, "IHDR tEXt IDAT IEND "},
        {"tab", "a\tb", 1, "IHDR iTXt IDAT IEND "},
        {"DEL", "a\x7f", 1, "IHDR iTXt IDAT IEND "},
        {"Latin-1 letter", "caf\xc3\xa9", 1, "IHDR iTXt IDAT IEND "},
        {"Japanese", "\xe6\xb0\xb4\xe5\xbd\xa9", 1, "IHDR iTXt IDAT IEND "},
        {"10,000 emoji", "\xf0\x9f\xa6\xa6", 10000, "IHDR iTXt IDAT IEND "},
    };
    struct picture p = noise(5, 4), back;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char types[64], *text = repeated(cases[i].unit, cases[i].count);
        struct png_texts texts;
        struct err e = png_write(scratch_path("a.png"), &p, &(struct png_text){"parameters", text}, 1);
        cr_assert(!e.code, "%s: %s", cases[i].name, err_text(e));
        e = png_read(scratch_path("a.png"), &back, &texts);
        cr_assert(!e.code, "%s: %s", cases[i].name, err_text(e));
        expect_same(&p, &back, cases[i].name);
        cr_assert(texts.count == 1, "%s: %zu texts", cases[i].name, texts.count);
        const char *found = png_texts_find(&texts, "parameters");
        cr_expect(found && !strcmp(found, text), "%s: reads %.60s", cases[i].name, found);
        chunk_types("a.png", types, sizeof types);
        cr_expect(!strcmp(types, cases[i].chunks), "%s: chunks %s", cases[i].name, types);
        png_texts_free(&texts);
        picture_free(&back);
        free(text);
    }
    picture_free(&p);
}

Test(png, keeps_the_order_of_texts)
{
    const struct png_text in[] = {
        {"Software", "sdbench"}, {"empty", ""}, {"x", "\xc3\xa9"}, {"x", "second"}, {"y z", "1"}};
    static const int kept[] = {0, 2, 3, 4};
    struct picture p = noise(3, 3), back;
    struct png_texts texts;
    cr_assert(!png_write(scratch_path("a.png"), &p, in, ARRAY_LEN(in)).code);
    cr_assert(!png_read(scratch_path("a.png"), &back, &texts).code);
    cr_assert(texts.count == ARRAY_LEN(kept), "%zu texts", texts.count);
    for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
        cr_expect(!strcmp(texts.item[i].keyword, in[kept[i]].keyword), "text %zu: %s", i, texts.item[i].keyword);
        cr_expect(!strcmp(texts.item[i].text, in[kept[i]].text), "text %zu: %s", i, texts.item[i].text);
    }
    cr_expect(!strcmp(png_texts_find(&texts, "x"), "\xc3\xa9"));
    cr_expect(!png_texts_find(&texts, "empty"));
    png_texts_free(&texts);
    png_texts_free(&texts);
    png_texts_free(NULL);
    picture_free(&back);
    picture_free(&p);
}

Test(png, refused_texts_leave_the_old_file)
{
    char long_keyword[81] = {0};
    memset(long_keyword, 'k', 80);
    char *huge = repeated("a", PNG_TEXT_BYTES + 1);
    const struct {
        const char *keyword, *text, *says;
    } cases[] = {
        {"", "a", "1 to 79"},
        {long_keyword, "a", "1 to 79"},
        {" k", "a", "1 to 79"},
        {"k ", "a", "1 to 79"},
        {"k  k", "a", "1 to 79"},
        {"k\n", "a", "1 to 79"},
        {"k\xc3\xa9", "a", "1 to 79"},
        {"k", "\xff", "not valid UTF-8"},
        {"k", "a\xed\xa0\x80", "not valid UTF-8"},
        {"k", "a\xc3", "not valid UTF-8"},
        {"k", huge, "more than 16777216 bytes"},
    };
    struct picture old = noise(6, 6), new = noise(7, 7), back;
    cr_assert(!png_write(scratch_path("a.png"), &old, NULL, 0).code);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct png_text texts[] = {{"good", "text"}, {cases[i].keyword, cases[i].text}};
        struct err e = png_write(scratch_path("a.png"), &new, texts, 2);
        cr_expect(e.code == ERR_FAILED && strstr(err_text(e), cases[i].says), "case %zu: %s", i, err_text(e));
        cr_expect(strstr(err_text(e), "a.png: text chunk \""), "case %zu: %s", i, err_text(e));
        err_free(&e);
    }
    cr_expect(scratch_count() == 1);
    cr_assert(!png_read(scratch_path("a.png"), &back, NULL).code);
    expect_same(&old, &back, "old file");
    picture_free(&old);
    picture_free(&new);
    picture_free(&back);
    free(huge);
}

Test(png, writes_texts_up_to_the_limit)
{
    char *most = repeated("a", PNG_TEXT_BYTES);
    struct picture p = noise(2, 2), back;
    struct png_texts texts;
    struct err e = png_write(scratch_path("a.png"), &p, &(struct png_text){"k", most}, 1);
    cr_assert(!e.code, "%s", err_text(e));
    e = png_read(scratch_path("a.png"), &back, &texts);
    cr_assert(!e.code, "%s", err_text(e));
    cr_expect(!strcmp(png_texts_find(&texts, "k"), most));
    png_texts_free(&texts);
    picture_free(&p);
    picture_free(&back);
    free(most);
}

Test(png, names_places_that_cannot_be_written)
{
    const struct {
        const char *path, *says;
    } cases[] = {
        {"/dev/full", "/dev/full: cannot be written: No space left on device"},
        {scratch_path("missing/a.png"), "missing/a.png: cannot be created: No such file or directory"},
        {scratch_path("file/a.png"), "file/a.png: cannot be created: Not a directory"},
        {scratch_path("."), "is a folder; name a file in it"},
        {"", "empty name"},
    };
    struct picture small = noise(4, 4), large = noise(300, 300);
    scratch_write("file", "x", 1);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e = png_write(cases[i].path, &small, NULL, 0);
        cr_expect(e.code == ERR_FAILED && strstr(err_text(e), cases[i].says), "case %zu, small: %s", i, err_text(e));
        err_free(&e);
        e = png_write(cases[i].path, &large, NULL, 0);
        cr_expect(e.code == ERR_FAILED && strstr(err_text(e), cases[i].says), "case %zu, large: %s", i, err_text(e));
        err_free(&e);
    }
    cr_expect(scratch_count() == 1);
    picture_free(&small);
    picture_free(&large);
}

struct attempt {
    struct picture picture;
    struct err e;
};

static void attempt_write(void *argument)
{
    struct attempt *a = argument;
    a->e = png_write(scratch_path("a.png"), &a->picture, NULL, 0);
}

Test(png, names_an_unwritable_folder)
{
    struct attempt a = {.picture = noise(4, 4)};
    scratch_unwritable(attempt_write, &a);
    cr_expect(a.e.code == ERR_FAILED && strstr(err_text(a.e), "a.png: cannot be created: Permission denied"), "%s",
              err_text(a.e));
    cr_expect(scratch_count() == 0);
    err_free(&a.e);
    picture_free(&a.picture);
}

Test(png, refuses_a_zeroed_picture)
{
    struct picture none = {0};
    struct err e = png_write(scratch_path("a.png"), &none, NULL, 0);
    cr_expect(e.code == ERR_FAILED && strstr(err_text(e), "a.png: cannot be encoded as PNG: "), "%s", err_text(e));
    cr_expect(scratch_count() == 0);
    err_free(&e);
}
