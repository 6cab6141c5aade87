#include "tests/support/png_bytes.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static void add_u32(struct text *file, uint32_t value)
{
    uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};
    text_add_bytes(file, bytes, sizeof bytes);
}

void png_bytes_chunk(struct text *file, const char *type, const void *data, size_t n)
{
    add_u32(file, (uint32_t)n);
    size_t from = file->length;
    text_add_bytes(file, type, 4);
    text_add_bytes(file, n ? data : "", n);
    add_u32(file, (uint32_t)crc32(0, (const Bytef *)file->bytes + from, (uInt)(n + 4)));
}

void png_bytes_start(struct text *file, struct png_header header)
{
    struct text data = {0};
    const uint8_t rest[5] = {header.depth, header.color_type, header.compression, header.filter, header.interlace};
    add_u32(&data, header.width);
    add_u32(&data, header.height);
    text_add_bytes(&data, rest, sizeof rest);
    text_add_bytes(file, "\x89PNG\r\n\x1a\n", 8);
    png_bytes_chunk(file, "IHDR", data.bytes, data.length);
    text_free(&data);
}

void png_bytes_pixels(struct text *file, const char *type, const void *data, size_t n)
{
    uLongf size = compressBound(n);
    Bytef *packed = malloc(size);
    cr_assert(packed && compress(packed, &size, data, n) == Z_OK);
    png_bytes_chunk(file, type, packed, size);
    free(packed);
}

void png_bytes_end(struct text *file)
{
    png_bytes_chunk(file, "IEND", NULL, 0);
}
