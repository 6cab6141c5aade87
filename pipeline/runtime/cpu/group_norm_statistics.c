/* Statistics of group norm. Sums are taken for each channel over slabs of 64 pixels, of values less the channel's
 * first, so that a mean far from zero costs no precision: in float32 over 16 pixels, then in double. Slabs are joined
 * in double, in an order that depends on nothing but the shape. */
#include "pipeline/runtime/cpu/group_norm.h"

#include <string.h>

#include "pipeline/runtime/cpu/vector.h"

enum { RUN = 16 /* pixels summed in float32 */, PIECE = GROUP_NORM_PIECE };

/* Sums and sums of squares of n channels. */
struct channel_sums {
    float run[2][PIECE];
    double total[2][PIECE];
};

static void clear_sums(struct channel_sums *s, int64_t n)
{
    for (int i = 0; i < 2; i++) {
        memset(s->run[i], 0, (size_t)n * sizeof s->run[i][0]);
        memset(s->total[i], 0, (size_t)n * sizeof s->total[i][0]);
    }
}

VECTOR static void add_pixel(struct channel_sums *s, const float *x, const float *origin, int64_t n)
{
#pragma omp simd
    for (int64_t c = 0; c < n; c++) {
        float d = x[c] - origin[c];
        s->run[0][c] += d;
        s->run[1][c] = fmaf(d, d, s->run[1][c]);
    }
}

VECTOR static void end_run(struct channel_sums *s, int64_t n)
{
    for (int i = 0; i < 2; i++)
#pragma omp simd
        for (int64_t c = 0; c < n; c++) {
            s->total[i][c] += (double)s->run[i][c];
            s->run[i][c] = 0;
        }
}

void group_norm_sum(const struct group_norm *k, const struct picture *p, int64_t image, int64_t slab, float *sums)
{
    float origin[PIECE], buffer[PIECE];
    struct channel_sums s;
    int64_t end = slab_end(k, slab);
    for (int64_t c = 0; c < p->channels; c += PIECE) {
        int64_t n = p->channels - c < PIECE ? p->channels - c : PIECE;
        const float *from = floats_read(pixel_at(p, image, 0, c), p->dtype, n, origin);
        clear_sums(&s, n);
        for (int64_t i = slab * GROUP_NORM_SLAB; i < end; i++) {
            add_pixel(&s, floats_read(pixel_at(p, image, i, c), p->dtype, n, buffer), from, n);
            if ((i + 1) % RUN == 0 || i + 1 == end)
                end_run(&s, n);
        }
        for (int i = 0; i < 2; i++)
            for (int64_t j = 0; j < n; j++)
                sums[i * k->channels + p->first + c + j] = (float)s.total[i][j];
    }
}

/* The value that sums were taken relative to. */
static double origin_of(const struct group_norm *k, int64_t image, int64_t channel)
{
    const struct picture *p = k->source;
    while (channel >= p->first + p->channels)
        p++;
    float x;
    return (double)*floats_read(pixel_at(p, image, 0, channel - p->first), p->dtype, 1, &x);
}

/* With d = x - origin: sum (x - mean)^2 = sum d^2 + 2 (origin - mean) sum d + pixels (origin - mean)^2, all of a
 * channel. The mean is kept as a float; what that loses goes into the shift. */
void group_norm_join(const struct group_norm *k, const struct statistics *s, int64_t image, int64_t group)
{
    const int64_t width = k->channels / k->groups, first = group * width, step = 2 * k->channels;
    const double pixels = (double)k->pixels, count = pixels * (double)width;
    double total = 0, squares = 0;
    for (int64_t c = first; c < first + width; c++) {
        for (int64_t slab = 0; slab < k->slabs; slab++)
            total += (double)s->sums[slab * step + c];
        total += pixels * origin_of(k, image, c);
    }
    const double mean = total / count;
    for (int64_t c = first; c < first + width; c++) {
        double sum = 0, away = origin_of(k, image, c) - mean;
        for (int64_t slab = 0; slab < k->slabs; slab++) {
            sum += (double)s->sums[slab * step + c];
            squares += (double)s->sums[slab * step + k->channels + c];
        }
        squares += (2 * sum + pixels * away) * away;
    }
    const double inverse = 1 / sqrt((squares > 0 ? squares / count : 0) + k->eps);
    for (int64_t c = first; c < first + width; c++) {
        const double scale = inverse * (double)k->gamma[c];
        s->mean[c] = (float)mean;
        s->scale[c] = (float)scale;
        s->shift[c] = (float)((double)k->beta[c] - (mean - (double)s->mean[c]) * scale);
    }
}
