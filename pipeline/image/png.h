/* PNG files, by libspng: RGB, 8 bits a value, with text chunks.
 *
 *     struct png_text note = {"parameters", "an otter"};
 *     TRY(png_write("otter.png", &picture, &note, 1));
 */
#ifndef SDBENCH_IMAGE_PNG_H
#define SDBENCH_IMAGE_PNG_H

#include "pipeline/base/arena.h"
#include "pipeline/base/error.h"
#include "pipeline/image/picture.h"

#include <stddef.h>

/* The most that png_write takes, all texts together; png_read takes twice that, profiles included. */
enum { PNG_TEXT_BYTES = 1 << 24 };

struct png_text {
    const char *keyword; /* 1 to 79 printable ASCII characters, no space at the ends, no two together */
    const char *text;    /* UTF-8 */
};

/* Whole or not at all. A text of printable ASCII and newlines becomes a tEXt chunk, which every other tool reads, any
 * other one an uncompressed iTXt; an empty text, which libspng cannot write, is left out. */
struct err png_write(const char *path, const struct picture *p, const struct png_text *texts, size_t count);

struct png_texts {
    struct png_text *item;
    size_t count;
    struct arena memory; /* holds item and its strings */
};

/* Any PNG up to PICTURE_MAX_SIDE and PICTURE_MAX_PIXELS: palettes, gray and 16 bits become RGB of 8, alpha is dropped.
 * The caller owns *out and *texts (all tEXt, zTXt and iTXt in the file's order, as UTF-8; pass NULL to ignore them).
 * After an error both are zeroed. A wrong checksum anywhere is an error. */
struct err png_read(const char *path, struct picture *out, struct png_texts *texts);
void png_texts_free(struct png_texts *texts);

/* The first text with this keyword, or NULL. */
const char *png_texts_find(const struct png_texts *texts, const char *keyword);

#endif
