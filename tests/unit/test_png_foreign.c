/* What png_read makes of files that other programs wrote. */
#include "pipeline/image/png.h"
#include "tests/support/png_bytes.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

TestSuite(png_foreign, .init = scratch_open, .fini = scratch_close);

enum { GRAY = 0, RGB = 2, PALETTE = 3, GRAY_ALPHA = 4, RGB_ALPHA = 6 };

/* One picture of 2x2 pixels, in every form: each row starts with its filter, 0 or another. */
Test(png_foreign, becomes_rgb8)
{
    static const struct {
        const char *name;
        uint8_t depth, type, interlace;
        struct {
            const char *bytes;
            size_t n;
        } rows;
        uint8_t rgb[12];
    } cases[] = {
#define ROWS(text) {text, sizeof text - 1}
        {"gray 1", 1, GRAY, 0, ROWS("\0\x80\0\x40"), {255, 255, 255, 0, 0, 0, 0, 0, 0, 255, 255, 255}},
        {"gray 2", 2, GRAY, 0, ROWS("\0\x10\0\xb0"), {0, 0, 0, 85, 85, 85, 170, 170, 170, 255, 255, 255}},
        {"gray 4", 4, GRAY, 0, ROWS("\0\x0f\0\x2a"), {0, 0, 0, 255, 255, 255, 34, 34, 34, 170, 170, 170}},
        {"gray 8", 8, GRAY, 0, ROWS("\0\1\2\0\3\xff"), {1, 1, 1, 2, 2, 2, 3, 3, 3, 255, 255, 255}},
        {"gray 16", 16, GRAY, 0, ROWS("\0\1\x44\2\xff\0\0\0\xff\xff"), {1, 1, 1, 2, 2, 2, 0, 0, 0, 255, 255, 255}},
        {"palette 1", 1, PALETTE, 0, ROWS("\0\x80\0\x40"), {4, 5, 6, 1, 2, 3, 1, 2, 3, 4, 5, 6}},
        {"palette 2", 2, PALETTE, 0, ROWS("\0\x20\0\x60"), {1, 2, 3, 7, 8, 9, 4, 5, 6, 7, 8, 9}},
        {"palette 8", 8, PALETTE, 0, ROWS("\0\2\1\0\0\2"), {7, 8, 9, 4, 5, 6, 1, 2, 3, 7, 8, 9}},
        {"gray alpha", 8, GRAY_ALPHA, 0, ROWS("\0\1\0\2\x80\0\3\xff\4\1"), {1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4}},
        {"RGB alpha",
         8,
         RGB_ALPHA,
         0,
         ROWS("\0\1\2\3\0\4\5\6\1\0\7\x08\x09\xff\x0a\x0b\x0c\0"),
         {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
        {"RGB 16",
         16,
         RGB,
         0,
         ROWS("\0\1\0\2\0\3\0\4\0\5\0\6\0\0\7\0\x08\0\x09\0\x0a\0\x0b\0\x0c\0"),
         {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
        {"filters Sub and Up",
         8,
         RGB,
         0,
         ROWS("\1\1\2\3\3\3\3\2\6\6\6\6\6\6"),
         {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
        /* Adam7: pixel 0,0 in the first pass, 1,0 in the sixth, the second row in the seventh. */
        {"interlaced",
         8,
         RGB,
         1,
         ROWS("\0\1\2\3\0\4\5\6\0\7\x08\x09\x0a\x0b\x0c"),
         {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
#undef ROWS
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct text file = {0};
        struct picture p;
        png_bytes_start(&file, (struct png_header){2, 2, cases[i].depth, cases[i].type, 0, 0, cases[i].interlace});
        if (cases[i].type == PALETTE)
            png_bytes_chunk(&file, "PLTE", "\1\2\3\4\5\6\7\x08\x09", cases[i].depth == 1 ? 6 : 9);
        png_bytes_pixels(&file, "IDAT", cases[i].rows.bytes, cases[i].rows.n);
        png_bytes_end(&file);
        scratch_write("a.png", file.bytes, file.length);
        struct err e = png_read(scratch_path("a.png"), &p, NULL);
        cr_assert(!e.code, "%s: %s", cases[i].name, err_text(e));
        cr_assert(p.width == 2 && p.height == 2, "%s", cases[i].name);
        for (size_t v = 0; v < 12; v++)
            cr_expect(p.rgb[v] == cases[i].rgb[v], "%s: value %zu is %d", cases[i].name, v, p.rgb[v]);
        picture_free(&p);
        text_free(&file);
    }
}

Test(png_foreign, texts_become_utf8)
{
    static const struct {
        const char *name, *type, *data, *packed, *text; /* `packed` is deflated and follows `data` */
        size_t n;
    } cases[] = {
        {"Latin-1", "tEXt", "k\0caf\xe9", NULL, "caf\xc3\xa9", 6},
        {"control characters", "tEXt", "k\0a\tb\r\nc", NULL, "a\tb\r\nc", 8},
        {"empty", "tEXt", "k\0", NULL, "", 2},
        {"compressed", "zTXt", "k\0\0", "\xfcnote", "\xc3\xbcnote", 3},
        {"UTF-8", "iTXt", "k\0\0\0en\0K\0\xe6\xb0\xb4", NULL, "\xe6\xb0\xb4", 12},
        {"UTF-8, compressed", "iTXt", "k\0\1\0\0\0", "\xe6\xb0\xb4", "\xe6\xb0\xb4", 6},
    };
    for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
        const char *name = cases[i / 2].name, *packed = cases[i / 2].packed;
        struct text file = {0}, data = {0};
        unsigned char deflated[64];
        uLongf size = sizeof deflated;
        struct picture p;
        struct png_texts texts;
        text_add_bytes(&data, cases[i / 2].data, cases[i / 2].n);
        if (packed && compress(deflated, &size, (const unsigned char *)packed, strlen(packed)) == Z_OK)
            text_add_bytes(&data, deflated, size);
        png_bytes_start(&file, (struct png_header){1, 1, 8, GRAY, 0, 0, 0});
        if (i % 2) /* before the pixels, or after them */
            png_bytes_chunk(&file, cases[i / 2].type, data.bytes, data.length);
        png_bytes_pixels(&file, "IDAT", "\0\0", 2);
        if (!(i % 2))
            png_bytes_chunk(&file, cases[i / 2].type, data.bytes, data.length);
        png_bytes_end(&file);
        scratch_write("a.png", file.bytes, file.length);
        struct err e = png_read(scratch_path("a.png"), &p, &texts);
        cr_assert(!e.code, "%s: %s", name, err_text(e));
        cr_assert(texts.count == 1, "%s: %zu texts", name, texts.count);
        cr_expect(!strcmp(texts.item[0].keyword, "k"), "%s: keyword %s", name, texts.item[0].keyword);
        cr_expect(!strcmp(texts.item[0].text, cases[i / 2].text), "%s: %s", name, texts.item[0].text);
        picture_free(&p);
        png_texts_free(&texts);
        text_free(&file);
        text_free(&data);
    }
}
