#include "pipeline/image/png.h"

#include "pipeline/base/file.h"
#include "pipeline/base/text.h"

#include <stdlib.h>
#include <string.h>

#include <spng.h>
#include <utf8proc.h>

/* Twice what is written: libspng counts its own records and the other ancillary chunks too. */
enum { TEXT_BYTES = 2 * PNG_TEXT_BYTES };

static struct err read_failed(int reason)
{
    static const struct {
        int reason;
        const char *advice;
    } known[] = {
        {SPNG_ESIGNATURE, "; this is no PNG file"},
        {SPNG_IO_EOF, "; the file is cut short, copy it again"},
        {SPNG_ECHUNK_CRC, "; the file is damaged, copy it again"},
        {SPNG_EUSER_WIDTH, " (32768 pixels)"},
        {SPNG_EUSER_HEIGHT, " (32768 pixels)"},
        {SPNG_ECHUNK_LIMITS, "; its texts and profiles have more than 32 MiB"},
    };
    _Static_assert(PICTURE_MAX_SIDE == 32768 && TEXT_BYTES == 32 << 20, "the lines above name the limits");
    const char *advice = "";
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (known[i].reason == reason)
            advice = known[i].advice;
    return err_fail("cannot be read as PNG: %s%s", spng_strerror(reason), advice);
}

static struct err decode(spng_ctx *ctx, const struct file_map *map, struct picture *out)
{
    struct spng_ihdr header;
    int reason;
    if (!map->size)
        return err_fail("cannot be read as PNG: the file is empty");
    if ((reason = spng_set_image_limits(ctx, PICTURE_MAX_SIDE, PICTURE_MAX_SIDE)) ||
        (reason = spng_set_chunk_limits(ctx, TEXT_BYTES, TEXT_BYTES)) ||
        (reason = spng_set_crc_action(ctx, SPNG_CRC_ERROR, SPNG_CRC_ERROR)) ||
        (reason = spng_set_png_buffer(ctx, map->bytes, map->size)) || (reason = spng_get_ihdr(ctx, &header)))
        return read_failed(reason);
    TRY(picture_new(header.width, header.height, out));
    if ((reason = spng_decode_image(ctx, out->rgb, picture_bytes(out), SPNG_FMT_RGB8, 0)) ||
        (reason = spng_decode_chunks(ctx)))
        return read_failed(reason);
    return OK;
}

/* tEXt, zTXt and all keywords are Latin-1: each byte is the code point of its value. */
static char *utf8_from_latin1(struct arena *memory, const char *latin1)
{
    char *utf8 = arena_alloc(memory, 2 * strlen(latin1) + 1), *at = utf8;
    for (const unsigned char *c = (const unsigned char *)latin1; *c; c++)
        at += utf8proc_encode_char(*c, (utf8proc_uint8_t *)at);
    return utf8;
}

static struct err texts_read(spng_ctx *ctx, struct png_texts *texts)
{
    uint32_t count = 0;
    int reason = spng_get_text(ctx, NULL, &count);
    if (reason == SPNG_ECHUNKAVAIL)
        return OK;
    struct spng_text *chunks = calloc((size_t)count + 1, sizeof *chunks);
    if (!chunks)
        return err_fail("out of memory");
    if (!reason)
        reason = spng_get_text(ctx, chunks, &count);
    struct err e = reason ? read_failed(reason) : OK;

    texts->item = arena_alloc(&texts->memory, count * sizeof *texts->item);
    for (uint32_t i = 0; i < count && !e.code; i++) {
        const char *keyword = utf8_from_latin1(&texts->memory, chunks[i].keyword), *text = chunks[i].text;
        if (chunks[i].type != SPNG_ITXT)
            text = utf8_from_latin1(&texts->memory, text);
        else if (text_is_utf8(text, strlen(text)))
            text = arena_strdup(&texts->memory, text);
        else
            e = err_fail("text chunk \"%s\": not valid UTF-8", keyword);
        texts->item[texts->count++] = (struct png_text){keyword, text};
    }
    free(chunks);
    return e;
}

struct err png_read(const char *path, struct picture *out, struct png_texts *texts)
{
    struct file_map map;
    *out = (struct picture){0};
    if (texts)
        *texts = (struct png_texts){0};
    TRY(file_map(path, &map));
    spng_ctx *ctx = spng_ctx_new(0);
    struct err e = ctx ? decode(ctx, &map, out) : err_fail("out of memory");
    if (!e.code && texts)
        e = texts_read(ctx, texts);
    spng_ctx_free(ctx);
    file_unmap(&map);
    if (e.code) {
        picture_free(out);
        png_texts_free(texts);
    }
    return err_wrap(e, "%s", path);
}

void png_texts_free(struct png_texts *texts)
{
    if (!texts)
        return;
    arena_free(&texts->memory);
    *texts = (struct png_texts){0};
}

const char *png_texts_find(const struct png_texts *texts, const char *keyword)
{
    for (size_t i = 0; i < texts->count; i++)
        if (!strcmp(texts->item[i].keyword, keyword))
            return texts->item[i].text;
    return NULL;
}
