/* Pictures in memory: RGB, 8 bits a value; sheets of them, and how far two are apart. */
#ifndef SDBENCH_IMAGE_PICTURE_H
#define SDBENCH_IMAGE_PICTURE_H

#include "pipeline/base/error.h"

#include <stddef.h>
#include <stdint.h>

/* What picture_new gives and png_read accepts at most: 384 MiB of pixels. */
enum { PICTURE_MAX_SIDE = 1 << 15, PICTURE_MAX_PIXELS = 1 << 27 };

struct picture {
    int width, height;
    uint8_t *rgb; /* [height][width][3], owned; NULL in a zeroed picture */
};

/* A black picture. The sizes are wide, so that callers need not check their own arithmetic. */
struct err picture_new(int64_t width, int64_t height, struct picture *out);
void picture_free(struct picture *p);
size_t picture_bytes(const struct picture *p); /* 3 * width * height */

/* A contact sheet: cells[row * columns + column], all of one size, with `gap` white pixels between neighbours and none
 * around. A zeroed cell stays white, but not all of them may. The cells stay the caller's. */
struct err picture_grid(const struct picture *cells, int rows, int columns, int gap, struct picture *out);

struct picture_difference {
    double share;   /* of the values that differ, 0..1 */
    int largest;    /* |a - b| */
    double psnr_db; /* 10 log10(255^2 / mean squared difference); INFINITY where equal */
    double ssim;    /* of two pictures, by picture_ssim; NAN where only values were compared */
};

/* Over n values of any number of pictures; fills all but ssim. */
struct picture_difference picture_compare(const uint8_t *a, const uint8_t *b, size_t n);

/* Mean structural similarity of the lumas, at most 1 and 1 where equal. Both pictures have one size, at least 11x11.
 *
 * Wang, Bovik, Sheikh, Simoncelli: Image Quality Assessment: From Error Visibility to Structural Similarity, IEEE
 * Transactions on Image Processing 13(4), 2004, equation 13, with the paper's constants:
 *     SSIM = (2 ma mb + C1) (2 cov + C2) / ((ma^2 + mb^2 + C1) (va + vb + C2)),  C1 = (0.01 * 255)^2, C2 = (0.03 *
 * 255)^2 where means, variances and covariance are weighted by an 11x11 Gaussian of sigma 1.5; the mean is over the
 * windows that lie wholly inside. No downsampling first, luma = 0.299 R + 0.587 G + 0.114 B (BT.601), not rounded. */
struct err picture_ssim(const struct picture *a, const struct picture *b, double *ssim);

#endif
