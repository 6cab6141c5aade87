#include "pipeline/image/picture.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct err picture_new(int64_t width, int64_t height, struct picture *out)
{
    *out = (struct picture){0};
    if (width < 1 || height < 1)
        return err_fail("a picture of %" PRId64 "x%" PRId64 " pixels: each side must be at least 1", width, height);
    if (width > PICTURE_MAX_SIDE || height > PICTURE_MAX_SIDE || width * height > PICTURE_MAX_PIXELS)
        return err_fail("a picture of %" PRId64 "x%" PRId64 " pixels: at most %d a side and %d in all", width, height,
                        PICTURE_MAX_SIDE, PICTURE_MAX_PIXELS);
    uint8_t *rgb = calloc((size_t)(width * height), 3);
    if (!rgb)
        return err_fail("a picture of %" PRId64 "x%" PRId64 " pixels: out of memory", width, height);
    *out = (struct picture){(int)width, (int)height, rgb};
    return OK;
}

void picture_free(struct picture *p)
{
    if (!p)
        return;
    free(p->rgb);
    *p = (struct picture){0};
}

size_t picture_bytes(const struct picture *p)
{
    return 3 * (size_t)p->width * (size_t)p->height;
}

/* The first cell that holds a picture; the others must have its size. */
static struct err grid_cell(const struct picture *cells, int rows, int columns, const struct picture **first)
{
    *first = NULL;
    for (int row = 0; row < rows; row++)
        for (int column = 0; column < columns; column++) {
            const struct picture *cell = &cells[(size_t)row * (size_t)columns + (size_t)column];
            if (!cell->rgb)
                continue;
            if (!*first)
                *first = cell;
            if (cell->width != (*first)->width || cell->height != (*first)->height)
                return err_fail("contact sheet: the picture in row %d, column %d is %dx%d, the others are %dx%d: "
                                "give pictures of one size",
                                row + 1, column + 1, cell->width, cell->height, (*first)->width, (*first)->height);
        }
    return *first ? OK : err_fail("contact sheet: no picture to put on it");
}

struct err picture_grid(const struct picture *cells, int rows, int columns, int gap, struct picture *out)
{
    const struct picture *first;
    *out = (struct picture){0};
    if (rows < 1 || columns < 1 || gap < 0)
        return err_fail("contact sheet: %d rows, %d columns, gap %d: needs at least 1, 1, 0", rows, columns, gap);
    TRY(grid_cell(cells, rows, columns, &first));

    int64_t step_x = (int64_t)first->width + gap, step_y = (int64_t)first->height + gap;
    TRY(err_wrap(picture_new(columns * step_x - gap, rows * step_y - gap, out), "contact sheet"));
    memset(out->rgb, 255, picture_bytes(out));

    size_t bytes_row = 3 * (size_t)first->width;
    for (int64_t row = 0; row < rows; row++)
        for (int64_t column = 0; column < columns; column++) {
            const struct picture *cell = &cells[row * columns + column];
            for (int64_t y = 0; cell->rgb && y < cell->height; y++)
                memcpy(out->rgb + 3 * ((row * step_y + y) * out->width + column * step_x),
                       cell->rgb + (size_t)y * bytes_row, bytes_row);
        }
    return OK;
}

struct picture_difference picture_compare(const uint8_t *a, const uint8_t *b, size_t n)
{
    struct picture_difference d = {.psnr_db = INFINITY, .ssim = NAN};
    size_t differ = 0;
    uint64_t squares = 0;
    for (size_t i = 0; i < n; i++) {
        int apart = abs(a[i] - b[i]);
        differ += apart != 0;
        squares += (uint64_t)(apart * apart);
        if (apart > d.largest)
            d.largest = apart;
    }
    if (differ) {
        d.share = (double)differ / (double)n;
        d.psnr_db = 10 * log10(255.0 * 255.0 * (double)n / (double)squares);
    }
    return d;
}
