#include "pipeline/image/picture.h"

#include <math.h>
#include <stdlib.h>

enum { WINDOW = 11 };
static const double sigma = 1.5, c1 = 0.01 * 255 * 0.01 * 255, c2 = 0.03 * 255 * 0.03 * 255;

/* Weighted sums over a window, or over one of its columns. */
struct moments {
    double a, b, aa, bb, ab;
};

/* The two-dimensional Gaussian is the outer product of this one, whose sum is 1. */
static void gaussian(double weights[WINDOW])
{
    double sum = 0;
    for (int i = 0; i < WINDOW; i++) {
        double x = (i - WINDOW / 2) / sigma;
        sum += weights[i] = exp(-x * x / 2);
    }
    for (int i = 0; i < WINDOW; i++)
        weights[i] /= sum;
}

static double luma(const struct picture *p, int x, int y)
{
    const uint8_t *v = p->rgb + 3 * ((size_t)y * (size_t)p->width + (size_t)x);
    return 0.299 * v[0] + 0.587 * v[1] + 0.114 * v[2];
}

/* Column x of the windows whose top row is y. */
static struct moments column_moments(const struct picture *a, const struct picture *b, int x, int y,
                                     const double weights[WINDOW])
{
    struct moments m = {0};
    for (int i = 0; i < WINDOW; i++) {
        double va = luma(a, x, y + i), vb = luma(b, x, y + i), w = weights[i];
        m.a += w * va;
        m.b += w * vb;
        m.aa += w * va * va;
        m.bb += w * vb * vb;
        m.ab += w * va * vb;
    }
    return m;
}

static double window_ssim(const struct moments columns[WINDOW], const double weights[WINDOW])
{
    struct moments m = {0};
    for (int i = 0; i < WINDOW; i++) {
        m.a += weights[i] * columns[i].a;
        m.b += weights[i] * columns[i].b;
        m.aa += weights[i] * columns[i].aa;
        m.bb += weights[i] * columns[i].bb;
        m.ab += weights[i] * columns[i].ab;
    }
    double square_a = m.a * m.a, square_b = m.b * m.b, product = m.a * m.b;
    double luminance = (2 * product + c1) / (square_a + square_b + c1);
    double structure = (2 * (m.ab - product) + c2) / (m.aa - square_a + (m.bb - square_b) + c2);
    return luminance * structure;
}

struct err picture_ssim(const struct picture *a, const struct picture *b, double *ssim)
{
    if (a->width != b->width || a->height != b->height)
        return err_fail("SSIM: the pictures are %dx%d and %dx%d: give two of one size", a->width, a->height, b->width,
                        b->height);
    if (a->width < WINDOW || a->height < WINDOW)
        return err_fail("SSIM: the pictures are %dx%d: its window needs %dx%d", a->width, a->height, WINDOW, WINDOW);
    struct moments *columns = malloc((size_t)a->width * sizeof *columns);
    if (!columns)
        return err_fail("SSIM: out of memory");

    double weights[WINDOW], sum = 0;
    gaussian(weights);
    for (int y = 0; y + WINDOW <= a->height; y++) {
        for (int x = 0; x < a->width; x++)
            columns[x] = column_moments(a, b, x, y, weights);
        for (int x = 0; x + WINDOW <= a->width; x++)
            sum += window_ssim(columns + x, weights);
    }
    *ssim = sum / ((double)(a->width - WINDOW + 1) * (a->height - WINDOW + 1));
    free(columns);
    return OK;
}
