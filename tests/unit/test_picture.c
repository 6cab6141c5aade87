#include "pipeline/image/picture.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <math.h>
#include <string.h>

/* Values that look like noise and that any language can make again. */
static uint8_t noise(int x, int y, int c)
{
    return (uint8_t)(37 * x + 59 * y + 101 * c);
}

static uint8_t coarse(int x, int y, int c)
{
    return noise(x, y, c) & 0xf8;
}

static uint8_t ramp(int x, int y, int c)
{
    return (uint8_t)(10 * x + 3 * y + c);
}

static uint8_t inverse(int x, int y, int c)
{
    return 255 - noise(x, y, c);
}

static uint8_t gray_100(int x, int y, int c)
{
    return (void)x, (void)y, (void)c, 100;
}

static uint8_t gray_150(int x, int y, int c)
{
    return (void)x, (void)y, (void)c, 150;
}

static struct picture painted(int width, int height, uint8_t (*value)(int x, int y, int c))
{
    struct picture p;
    struct err e = picture_new(width, height, &p);
    cr_assert(!e.code, "%s", err_text(e));
    for (int i = 0; i < width * height * 3; i++)
        p.rgb[i] = value(i / 3 % width, i / 3 / width, i % 3);
    return p;
}

Test(picture, is_black_and_frees)
{
    struct picture p;
    cr_assert(!picture_new(3, 2, &p).code);
    cr_expect(p.width == 3 && p.height == 2 && picture_bytes(&p) == 18);
    for (size_t i = 0; i < picture_bytes(&p); i++)
        cr_expect(p.rgb[i] == 0, "value %zu", i);
    picture_free(&p);
    cr_expect(!p.rgb && !p.width && !p.height);
    picture_free(&p);
    picture_free(NULL);
}

Test(picture, refuses_sizes)
{
    static const int64_t sizes[][2] = {{0, 1},         {1, 0},         {-1, 5},    {INT64_MAX, 1},
                                       {1, INT64_MAX}, {INT64_MIN, 1}, {32769, 1}, {INT64_MAX, INT64_MAX},
                                       {32768, 4097},  {1, 32769}};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        struct picture p = {.width = 7};
        struct err e = picture_new(sizes[i][0], sizes[i][1], &p);
        cr_expect(e.code == ERR_FAILED && !p.rgb && !p.width, "row %zu: %s", i, err_text(e));
        cr_expect(strstr(err_text(e), "a picture of "), "row %zu: %s", i, err_text(e));
        err_free(&e);
    }
}

/* What the sheet must hold at one place, by its definition. */
static uint8_t sheet_value(const struct picture *cells, int columns, int gap, int x, int y, int c)
{
    int width = cells[0].width, height = cells[0].height;
    const struct picture *cell = &cells[y / (height + gap) * columns + x / (width + gap)];
    int inside_x = x % (width + gap), inside_y = y % (height + gap);
    bool white = inside_x >= width || inside_y >= height || !cell->rgb;
    return white ? 255 : cell->rgb[3 * (inside_y * width + inside_x) + c];
}

Test(picture, grid_places_each_pixel)
{
    static const struct {
        int rows, columns, gap, width, height;
    } cases[] = {{1, 1, 0, 4, 3}, {1, 1, 9, 4, 3}, {1, 4, 0, 5, 2},
                 {3, 1, 1, 2, 5}, {2, 3, 4, 3, 7}, {2, 2, 100, 1, 1}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int rows = cases[i].rows, columns = cases[i].columns, gap = cases[i].gap, count = rows * columns;
        struct picture cells[6] = {0}, sheet;
        for (int k = 0; k < count; k++) {
            if (k == count - 1 && count == 6)
                continue; /* one stays empty */
            cells[k] = painted(cases[i].width, cases[i].height, noise);
            for (size_t v = 0; v < picture_bytes(&cells[k]); v++)
                cells[k].rgb[v] ^= (uint8_t)(29 * k);
        }
        struct err e = picture_grid(cells, rows, columns, gap, &sheet);
        cr_assert(!e.code, "case %zu: %s", i, err_text(e));
        cr_assert(sheet.width == columns * (cases[i].width + gap) - gap, "case %zu: %d", i, sheet.width);
        cr_assert(sheet.height == rows * (cases[i].height + gap) - gap, "case %zu: %d", i, sheet.height);
        for (int v = 0; v < (int)picture_bytes(&sheet); v++) {
            int x = v / 3 % sheet.width, y = v / 3 / sheet.width;
            cr_assert(sheet.rgb[v] == sheet_value(cells, columns, gap, x, y, v % 3), "case %zu at %d,%d", i, x, y);
        }
        for (int k = 0; k < count; k++)
            picture_free(&cells[k]);
        picture_free(&sheet);
    }
}

Test(picture, grid_refuses)
{
    struct picture small = painted(2, 2, noise), large = painted(2, 3, noise);
    const struct picture mixed[] = {small, small, small, large}, empty[2] = {{0}}, one[] = {small};
    const struct {
        const struct picture *cells;
        int rows, columns, gap;
        const char *says;
    } cases[] = {{mixed, 2, 2, 1, "row 2, column 2 is 2x3, the others are 2x2"},
                 {empty, 1, 2, 1, "no picture"},
                 {one, 0, 1, 1, "0 rows"},
                 {one, 1, -1, 1, "-1 columns"},
                 {one, 1, 1, -1, "gap -1"},
                 {mixed, 1, 2, INT_MAX, "contact sheet: a picture of 2147483651x2"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct picture sheet;
        struct err e = picture_grid(cases[i].cells, cases[i].rows, cases[i].columns, cases[i].gap, &sheet);
        cr_expect(e.code == ERR_FAILED && strstr(err_text(e), cases[i].says), "case %zu: %s", i, err_text(e));
        cr_expect(!sheet.rgb, "case %zu", i);
        err_free(&e);
    }
    picture_free(&small);
    picture_free(&large);
}

Test(picture, compares_values)
{
    static const struct {
        uint8_t a[4], b[4];
        size_t n;
        double share;
        int largest;
        double psnr_db;
    } cases[] = {
        {{1, 2, 3, 4}, {1, 2, 3, 4}, 4, 0, 0, INFINITY},
        {{0}, {0}, 0, 0, 0, INFINITY},
        {{0, 0, 0, 0}, {0, 0, 0, 255}, 4, 0.25, 255, 6.020599913279624},  /* 10 log10 4 */
        {{255, 0, 255, 0}, {0, 255, 0, 255}, 4, 1, 255, 0},               /* mean square 255^2 */
        {{10, 20, 30, 40}, {11, 19, 31, 39}, 4, 1, 1, 48.13080360867910}, /* 20 log10 255 */
        {{5, 5, 5, 5}, {8, 1, 5, 5}, 4, 0.5, 4, 40.17200343523835},       /* 10 log10(65025 / (25/4)) */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct picture_difference d = picture_compare(cases[i].a, cases[i].b, cases[i].n);
        cr_expect(d.share == cases[i].share && d.largest == cases[i].largest, "case %zu: %g %d", i, d.share, d.largest);
        cr_expect(d.psnr_db == cases[i].psnr_db || fabs(d.psnr_db - cases[i].psnr_db) < 1e-12, "case %zu: %.15g", i,
                  d.psnr_db);
        cr_expect(isnan(d.ssim), "case %zu", i);
    }
}

/* Values of scikit-image 0.26: structural_similarity(gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
 * data_range=255) of the lumas, and peak_signal_noise_ratio. Those of the two grays by hand: nothing varies, so SSIM is
 * (2 * 100 * 150 + 6.5025) / (100^2 + 150^2 + 6.5025), and PSNR 20 log10(255 / 50). */
Test(picture, agrees_with_references)
{
    static const struct {
        const char *name;
        int width, height;
        uint8_t (*a)(int, int, int), (*b)(int, int, int);
        double ssim, psnr_db;
    } cases[] = {
        {"two grays", 13, 12, gray_100, gray_150, 0.923092310530793, 14.151403521958725},
        {"coarse, one window", 11, 11, noise, coarse, 0.9991559968965699, 35.733018949949226},
        {"ramp, one window", 11, 11, noise, ramp, -0.02971551289747146, 8.11164484973267},
        {"inverse, one window", 11, 11, noise, inverse, -0.955024384098399, 4.736509865121584},
        {"coarse", 24, 17, noise, coarse, 0.9991570552825475, 35.70042312181616},
        {"ramp", 24, 17, noise, ramp, 0.036725709407897295, 7.94489311502097},
        {"inverse", 24, 17, noise, inverse, -0.9544447617880143, 4.736425602897692},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct picture a = painted(cases[i].width, cases[i].height, cases[i].a);
        struct picture b = painted(cases[i].width, cases[i].height, cases[i].b);
        struct picture_difference d = picture_compare(a.rgb, b.rgb, picture_bytes(&a));
        double swapped, same;
        struct err e = picture_ssim(&a, &b, &d.ssim);
        cr_assert(!e.code, "%s: %s", cases[i].name, err_text(e));
        cr_expect(fabs(d.ssim - cases[i].ssim) < 1e-10, "%s: SSIM %.16g", cases[i].name, d.ssim);
        cr_expect(fabs(d.psnr_db - cases[i].psnr_db) < 1e-10, "%s: PSNR %.16g", cases[i].name, d.psnr_db);
        cr_expect(!picture_ssim(&b, &a, &swapped).code && fabs(swapped - d.ssim) < 1e-12, "%s", cases[i].name);
        cr_expect(!picture_ssim(&a, &a, &same).code && same == 1, "%s: %.16g with itself", cases[i].name, same);
        picture_free(&a);
        picture_free(&b);
    }
}

Test(picture, ssim_refuses)
{
    static const struct {
        int width_a, height_a, width_b, height_b;
        const char *says;
    } cases[] = {{12, 12, 12, 13, "one size"}, {10, 40, 10, 40, "needs 11x11"}, {40, 10, 40, 10, "needs 11x11"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct picture a = painted(cases[i].width_a, cases[i].height_a, noise);
        struct picture b = painted(cases[i].width_b, cases[i].height_b, noise);
        double ssim;
        struct err e = picture_ssim(&a, &b, &ssim);
        cr_expect(e.code == ERR_FAILED && strstr(err_text(e), cases[i].says), "case %zu: %s", i, err_text(e));
        err_free(&e);
        picture_free(&a);
        picture_free(&b);
    }
}
