/* What png_read says of broken files: one line each, and nothing is left allocated. */
#include "pipeline/image/png.h"
#include "tests/support/png_bytes.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(png_broken, .init = scratch_open, .fini = scratch_close);

enum { GRAY = 0, RGB = 2, PALETTE = 3 };

static void expect_refused(const struct text *file, const char *says, const char *which)
{
    struct picture p = {.width = 5};
    struct png_texts texts = {.count = 5};
    scratch_write("a.png", text_get(file), file->length);
    struct err e = png_read(scratch_path("a.png"), &p, &texts);
    cr_expect(e.code == ERR_FAILED && strstr(err_text(e), says), "%s: says %s", which, err_text(e));
    cr_expect(strstr(err_text(e), "/a.png: ") && !strchr(err_text(e), '\n'), "%s: says %s", which, err_text(e));
    cr_expect(!p.rgb && !p.width && !texts.item && !texts.count, "%s", which);
    err_free(&e);
}

/* 3x2 pixels with a text before them and one after. */
static struct text good_file(void)
{
    struct text file = {0};
    png_bytes_start(&file, (struct png_header){3, 2, 8, RGB, 0, 0, 0});
    png_bytes_chunk(&file, "tEXt", "parameters\0an otter", 19);
    png_bytes_pixels(&file, "IDAT",
                     "\0"
                     "abcdefghi"
                     "\0"
                     "jklmnopqr",
                     20);
    png_bytes_chunk(&file, "iTXt", "k\0\0\0\0\0\xe6\xb0\xb4", 9);
    png_bytes_end(&file);
    return file;
}

Test(png_broken, the_good_file_is_good)
{
    struct text file = good_file();
    struct picture p;
    struct png_texts texts;
    scratch_write("a.png", file.bytes, file.length);
    struct err e = png_read(scratch_path("a.png"), &p, &texts);
    cr_assert(!e.code, "%s", err_text(e));
    cr_expect(texts.count == 2 && !memcmp(p.rgb, "abcdefghijklmnopqr", 18));
    picture_free(&p);
    png_texts_free(&texts);
    text_free(&file);
}

/* Up to the checksum of IEND, which libspng does not miss: all else is there. */
Test(png_broken, cut_short_anywhere)
{
    struct text file = good_file();
    for (size_t n = 1; n < file.length - 4; n++) {
        char which[64];
        struct text part = {.bytes = file.bytes, .length = n};
        snprintf(which, sizeof which, "first %zu bytes", n);
        expect_refused(&part, "cannot be read as PNG: ", which);
        struct picture p;
        struct err e = png_read(scratch_path("a.png"), &p, NULL);
        cr_expect(e.code == ERR_FAILED && !p.rgb, "%s, without its texts: %s", which, err_text(e));
        err_free(&e);
    }
    text_free(&file);
}

/* Every byte is under a checksum, or is part of one, of a length or of the signature. */
Test(png_broken, one_bit_wrong_anywhere)
{
    struct text file = good_file();
    for (size_t bit = 0; bit < 8 * file.length; bit++) {
        char which[64];
        snprintf(which, sizeof which, "byte %zu, bit %zu", bit / 8, bit % 8);
        file.bytes[bit / 8] ^= (char)(1 << bit % 8);
        expect_refused(&file, "a.png: ", which);
        file.bytes[bit / 8] ^= (char)(1 << bit % 8);
    }
    text_free(&file);
}

Test(png_broken, not_a_png)
{
    static const struct {
        const char *name, *bytes, *says;
    } cases[] = {
        {"empty", "", "the file is empty"},
        {"short text", "hello", "cut short"},
        {"text", "This is a text that is longer than a signature and a header.", "this is no PNG file"},
        {"JPEG", "\xff\xd8\xff\xe0....JFIF..........................................", "this is no PNG file"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct text file = {0};
        text_add(&file, "%s", cases[i].bytes);
        expect_refused(&file, cases[i].says, cases[i].name);
        text_free(&file);
    }
}

/* The file is right but for its header. */
Test(png_broken, headers)
{
    static const struct {
        const char *name;
        struct png_header header;
        const char *says;
    } cases[] = {
        {"width 0", {0, 2, 8, RGB, 0, 0, 0}, "invalid image width"},
        {"height 0", {2, 0, 8, RGB, 0, 0, 0}, "invalid image height"},
        {"width 2^31 - 1", {0x7fffffff, 2, 8, RGB, 0, 0, 0}, "image width exceeds user limit (32768 pixels)"},
        {"width 2^32 - 1", {0xffffffff, 2, 8, RGB, 0, 0, 0}, "invalid image width"},
        {"height 32769", {2, 32769, 8, RGB, 0, 0, 0}, "image height exceeds user limit (32768 pixels)"},
        {"giant",
         {32768, 32768, 8, RGB, 0, 0, 0},
         "a picture of 32768x32768 pixels: at most 32768 a side and 134217728"},
        {"more rows than pixels", {2, 30000, 8, RGB, 0, 0, 0}, "IDAT stream"},
        {"depth 3", {2, 2, 3, GRAY, 0, 0, 0}, "invalid bit depth"},
        {"RGB of 4 bits", {2, 2, 4, RGB, 0, 0, 0}, "invalid bit depth"},
        {"color type 1", {2, 2, 8, 1, 0, 0, 0}, "invalid color type"},
        {"compression", {2, 2, 8, RGB, 1, 0, 0}, "invalid compression method"},
        {"filter", {2, 2, 8, RGB, 0, 1, 0}, "invalid filter method"},
        {"interlace", {2, 2, 8, RGB, 0, 0, 2}, "invalid interlace method"},
        {"no palette", {2, 2, 8, PALETTE, 0, 0, 0}, "missing PLTE"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct text file = {0};
        png_bytes_start(&file, cases[i].header);
        png_bytes_pixels(&file, "IDAT", "\0abcdef\0ghijkl", 14);
        png_bytes_end(&file);
        expect_refused(&file, cases[i].says, cases[i].name);
        text_free(&file);
    }
}

/* A header for 2x2 RGB pixels, then chunks of which one is wrong; its checksum is right. */
Test(png_broken, chunks)
{
    static const struct {
        const char *name, *type, *data;
        size_t n;
        const char *pixels;
        size_t n_pixels;
        const char *says;
    } cases[] = {
#define BYTES(text) text, sizeof text - 1
        {"too few rows", "tEXt", BYTES("k\0a"), BYTES("\0abcdef"), "IDAT stream"},
        {"unknown filter", "tEXt", BYTES("k\0a"), BYTES("\5abcdef\0ghijkl"), "invalid scanline filter"},
        {"stream is no zlib", "IDAT", BYTES("garbage"), BYTES("\0abcdef\0ghijkl"), "IDAT stream error"},
        {"unknown critical chunk", "ABCD", BYTES("?"), BYTES("\0abcdef\0ghijkl"), "unknown critical chunk"},
        {"second header", "IHDR", BYTES("\0\0\0\2\0\0\0\2\x08\2\0\0\0"), BYTES("\0abcdef\0ghijkl"), "chunk"},
        {"text is not UTF-8", "iTXt", BYTES("k\0\0\0\0\0\xff"), BYTES("\0abcdef\0ghijkl"),
         "text chunk \"k\": not valid UTF-8"},
#undef BYTES
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct text file = {0};
        png_bytes_start(&file, (struct png_header){2, 2, 8, RGB, 0, 0, 0});
        png_bytes_chunk(&file, cases[i].type, cases[i].data, cases[i].n);
        png_bytes_pixels(&file, "IDAT", cases[i].pixels, cases[i].n_pixels);
        png_bytes_end(&file);
        expect_refused(&file, cases[i].says, cases[i].name);
        text_free(&file);
    }
}

/* 64 MiB of text in 64 KiB of file. */
Test(png_broken, texts_have_a_limit)
{
    enum { BYTES = 64 << 20 };
    struct text file = {0}, packed = {0}, data = {0};
    char *text = calloc(BYTES, 1);
    cr_assert(text);
    memset(text, 'a', BYTES);
    png_bytes_pixels(&packed, "none", text, BYTES);
    text_add_bytes(&data, "k\0\0", 3);
    text_add_bytes(&data, packed.bytes + 8, packed.length - 12);
    png_bytes_start(&file, (struct png_header){1, 1, 8, GRAY, 0, 0, 0});
    png_bytes_chunk(&file, "zTXt", data.bytes, data.length);
    png_bytes_pixels(&file, "IDAT", "\0\0", 2);
    png_bytes_end(&file);
    expect_refused(&file, "its texts and profiles have more than 32 MiB", "bomb");
    free(text);
    text_free(&packed);
    text_free(&data);
    text_free(&file);
}

Test(png_broken, missing_files_and_folders)
{
    static const struct {
        const char *file, *says;
    } cases[] = {{"missing.png", "missing.png: No such file or directory"}, {".", "not a regular file"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct picture p;
        struct png_texts texts;
        struct err e = png_read(scratch_path(cases[i].file), &p, &texts);
        cr_expect(e.code == ERR_FAILED && strstr(err_text(e), cases[i].says), "%s: %s", cases[i].file, err_text(e));
        cr_expect(!p.rgb && !texts.item, "%s", cases[i].file);
        err_free(&e);
    }
}
