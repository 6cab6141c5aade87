/* PNG files put together by hand, so that the reader is tested on what its own writer never makes. */
#ifndef SDBENCH_TESTS_SUPPORT_PNG_BYTES_H
#define SDBENCH_TESTS_SUPPORT_PNG_BYTES_H

#include "pipeline/base/text.h"

#include <stddef.h>
#include <stdint.h>

struct png_header {
    uint32_t width, height;
    uint8_t depth, color_type, compression, filter, interlace;
};

void png_bytes_start(struct text *file, struct png_header header);                      /* signature and IHDR */
void png_bytes_chunk(struct text *file, const char *type, const void *data, size_t n);  /* with a right checksum */
void png_bytes_pixels(struct text *file, const char *type, const void *data, size_t n); /* deflated */
void png_bytes_end(struct text *file);                                                  /* IEND */

#endif
