/* A PNG file put together from what the input says, so that changes get past checksums and compression: the header's
 * kind, then parts, each a byte for its kind, two for its length, and its bytes; the last one is what is left. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "pipeline/base/text.h"
#include "pipeline/image/png.h"

/* What of a part is deflated: nothing, all, or what follows its first two texts (keyword, and fields of an iTXt). */
enum packing { PLAIN, PACKED, PACKED_TEXT };

static const struct part_kind {
    const char *type;
    enum packing packing;
} kinds[] = {
    {"IDAT", PACKED}, {"IDAT", PLAIN}, {"PLTE", PLAIN}, {"tRNS", PLAIN}, {"tEXt", PLAIN},       {"zTXt", PACKED_TEXT},
    {"iTXt", PLAIN},  {"gAMA", PLAIN}, {"sBIT", PLAIN}, {"eXIf", PLAIN}, {"iCCP", PACKED_TEXT}, {"tIME", PLAIN},
    {"bKGD", PLAIN},  {"hIST", PLAIN}, {"sPLT", PLAIN}, {"pHYs", PLAIN}, {"oFFs", PLAIN},       {"cHRM", PLAIN},
};

static void add_u32(struct text *file, uint32_t value)
{
    const uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};
    text_add_bytes(file, bytes, sizeof bytes);
}

static void add_chunk(struct text *file, const char *type, const void *data, size_t n)
{
    add_u32(file, (uint32_t)n);
    size_t from = file->length;
    text_add_bytes(file, type, 4);
    text_add_bytes(file, n ? data : "", n);
    add_u32(file, (uint32_t)crc32(0, (const Bytef *)file->bytes + from, (uInt)(n + 4)));
}

static void add_packed(struct text *data, const uint8_t *raw, size_t n)
{
    uLongf size = compressBound(n);
    Bytef *packed = malloc(size);
    fuzz_require(packed && compress2(packed, &size, raw, n, 1) == Z_OK, "bytes can be deflated");
    text_add_bytes(data, packed, size);
    free(packed);
}

static void add_part(struct text *file, const struct part_kind *kind, const uint8_t *raw, size_t n)
{
    struct text data = {0};
    const uint8_t *zero = memchr(raw, 0, n);
    size_t plain = kind->packing == PACKED ? 0 : n;
    if (kind->packing == PACKED_TEXT && zero && (size_t)(zero - raw) + 2 <= n)
        plain = (size_t)(zero - raw) + 2;
    text_add_bytes(&data, raw, plain);
    if (plain < n)
        add_packed(&data, raw + plain, n - plain);
    add_chunk(file, kind->type, text_get(&data), data.length);
    text_free(&data);
}

/* Six bytes: width, height, depth, color type, interlace, and one to spare. */
static void add_header(struct text *file, const uint8_t *from)
{
    static const uint8_t depths[] = {8, 16, 1, 2, 4}, colors[] = {2, 0, 3, 4, 6};
    const uint8_t header[13] = {
        [3] = from[0] % 64, [7] = from[1] % 64, [8] = depths[from[2] % 5], colors[from[3] % 5], 0, 0, from[4] % 2};
    text_add_bytes(file, "\x89PNG\r\n\x1a\n", 8);
    add_chunk(file, "IHDR", header, sizeof header);
}

void fuzz_png_parts(const uint8_t *data, size_t size)
{
    enum { HEADER = 6, PART = 3 };
    struct text file = {0};
    struct picture picture;
    struct png_texts texts;
    if (size < HEADER)
        return;
    add_header(&file, data);
    for (size_t at = HEADER, n; at + PART <= size; at += n) {
        const struct part_kind *kind = &kinds[data[at] % ARRAY_LEN(kinds)];
        n = (size_t)data[at + 1] << 8 | data[at + 2];
        at += PART;
        n = n < size - at ? n : size - at;
        add_part(&file, kind, data + at, n);
    }
    add_chunk(&file, "IEND", "", 0);
    if (!fuzz_refused(png_read(fuzz_file((const uint8_t *)file.bytes, file.length), &picture, &texts))) {
        for (size_t i = 0; i < texts.count; i++)
            fuzz_require(text_is_utf8(texts.item[i].text, strlen(texts.item[i].text)), "a text is UTF-8");
        picture_free(&picture);
        png_texts_free(&texts);
    }
    text_free(&file);
}
