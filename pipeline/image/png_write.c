#include "pipeline/image/png.h"

#include "pipeline/base/file.h"
#include "pipeline/base/text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <spng.h>

/* zlib's 1..9: 4 makes files as small as its default of 6 in down to half the time. */
enum { COMPRESSION_LEVEL = 4 };

enum { KEYWORD_LONGEST = sizeof((struct spng_text *)0)->keyword - 1 };

static bool keyword_fits(const char *keyword)
{
    size_t length = strlen(keyword);
    bool fits = length > 0 && length <= KEYWORD_LONGEST;
    for (size_t i = 0; fits && i < length; i++) {
        bool space_at_end = keyword[i] == ' ' && (i == 0 || i == length - 1 || keyword[i + 1] == ' ');
        fits = keyword[i] >= ' ' && keyword[i] <= '~' && !space_at_end;
    }
    return fits;
}

static bool is_printable_ascii(const char *text)
{
    for (; *text; text++)
        if ((*text < ' ' || *text > '~') && *text != '\n')
            return false;
    return true;
}

/* The chunks point into `texts`; libspng does not write to them. */
static struct err chunks_fill(const struct png_text *texts, size_t count, struct spng_text *chunks, uint32_t *used)
{
    static char none[] = "";
    size_t total = 0;
    *used = 0;
    for (size_t i = 0; i < count; i++) {
        const char *keyword = texts[i].keyword, *text = texts[i].text;
        size_t length = strlen(text);
        if (!keyword_fits(keyword))
            return err_fail("text chunk \"%.80s\": a keyword has 1 to 79 printable ASCII characters", keyword);
        if (!text_is_utf8(text, length))
            return err_fail("text chunk \"%s\": not valid UTF-8", keyword);
        if (length > PNG_TEXT_BYTES - total)
            return err_fail("text chunk \"%s\": the texts have more than %d bytes", keyword, PNG_TEXT_BYTES);
        total += length;
        if (!length)
            continue;
        struct spng_text *chunk = &chunks[(*used)++];
        *chunk = (struct spng_text){.type = is_printable_ascii(text) ? SPNG_TEXT : SPNG_ITXT,
                                    .length = length,
                                    .text = (char *)text,
                                    .language_tag = none,
                                    .translated_keyword = none};
        strcpy(chunk->keyword, keyword);
    }
    return OK;
}

/* *bytes is malloc'ed. */
static struct err encode(spng_ctx *ctx, const struct picture *p, struct spng_text *chunks, uint32_t count, void **bytes,
                         size_t *size)
{
    struct spng_ihdr header = {.width = (uint32_t)p->width,
                               .height = (uint32_t)p->height,
                               .bit_depth = 8,
                               .color_type = SPNG_COLOR_TYPE_TRUECOLOR};
    int reason;
    if (!(reason = spng_set_option(ctx, SPNG_ENCODE_TO_BUFFER, 1)) &&
        !(reason = spng_set_option(ctx, SPNG_IMG_COMPRESSION_LEVEL, COMPRESSION_LEVEL)) &&
        !(reason = spng_set_ihdr(ctx, &header)) && !(reason = count ? spng_set_text(ctx, chunks, count) : 0) &&
        !(reason = spng_encode_image(ctx, p->rgb, picture_bytes(p), SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE)))
        *bytes = spng_get_png_buffer(ctx, size, &reason);
    return reason ? err_fail("cannot be encoded as PNG: %s", spng_strerror(reason)) : OK;
}

struct err png_write(const char *path, const struct picture *p, const struct png_text *texts, size_t count)
{
    struct file_writer file = {0};
    void *bytes = NULL;
    size_t size = 0;
    uint32_t used = 0;
    struct spng_text *chunks = calloc(count + 1, sizeof *chunks);
    spng_ctx *ctx = spng_ctx_new(SPNG_CTX_ENCODER);

    struct err e = chunks && ctx ? chunks_fill(texts, count, chunks, &used) : err_fail("out of memory");
    if (!e.code)
        e = encode(ctx, p, chunks, used, &bytes, &size);
    e = err_wrap(e, "%s", path);
    if (!e.code)
        e = file_create(path, &file);
    if (!e.code)
        e = file_write(&file, bytes, size);
    if (!e.code)
        e = file_commit(&file);

    spng_ctx_free(ctx);
    free(bytes);
    free(chunks);
    return e;
}
