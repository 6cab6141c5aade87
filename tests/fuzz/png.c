/* A PNG file with its texts. Checksums are made right, so that changes get past them. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "pipeline/base/text.h"
#include "pipeline/image/png.h"

enum { SIGNATURE = 8, CHUNK = 12, WIDTH_AT = 16, HEIGHT_AT = 20, MOST_PIXELS = 1 << 22 };

static uint64_t read_u32(const uint8_t *at)
{
    return (uint64_t)at[0] << 24 | (uint64_t)at[1] << 16 | (uint64_t)at[2] << 8 | at[3];
}

static void write_checksums(uint8_t *file, size_t size)
{
    for (size_t at = SIGNATURE; at + CHUNK <= size;) {
        uint64_t length = read_u32(file + at);
        if (length > size - at - CHUNK)
            break;
        uint32_t crc = (uint32_t)crc32(0, file + at + 4, (uInt)length + 4);
        for (int i = 0; i < 4; i++)
            file[at + 8 + length + (size_t)i] = (uint8_t)(crc >> (24 - 8 * i));
        at += length + CHUNK;
    }
}

/* Between a few pixels and more than are taken, sizes say nothing new and cost time. */
static bool is_large(const uint8_t *file, size_t size)
{
    if (size < HEIGHT_AT + 4)
        return false;
    uint64_t width = read_u32(file + WIDTH_AT), height = read_u32(file + HEIGHT_AT);
    return width <= PICTURE_MAX_SIDE && height <= PICTURE_MAX_SIDE && width * height > MOST_PIXELS &&
           width * height <= PICTURE_MAX_PIXELS;
}

void fuzz_png(const uint8_t *data, size_t size)
{
    struct picture picture;
    struct png_texts texts;
    uint8_t *file = (uint8_t *)fuzz_text(data, size);
    write_checksums(file, size);
    if (!is_large(file, size)) {
        bool refused = fuzz_refused(png_read(fuzz_file(file, size), &picture, &texts));
        fuzz_require(refused == !picture.rgb, "there is a picture or there is an error");
        for (size_t i = 0; i < texts.count; i++) {
            fuzz_require(text_is_utf8(texts.item[i].text, strlen(texts.item[i].text)), "a text is UTF-8");
            fuzz_require(png_texts_find(&texts, texts.item[i].keyword) != NULL, "a text is found by its keyword");
        }
        picture_free(&picture);
        png_texts_free(&texts);
    }
    free(file);
}
