#include "pipeline/runtime/cpu/finish.h"

#include <string.h>

#include "pipeline/runtime/cpu/floats.h"
#include "pipeline/runtime/cpu/kernels.h"
#include "pipeline/runtime/cpu/vector.h"

enum { ROWS = 16 /* that are taken out of blocks together */, PIECE = 256 /* channels */ };

size_t finish_bytes(const struct finish *f)
{
    int64_t channels = f->block ? (f->channels + f->block - 1) / f->block * f->block : f->channels;
    return (size_t)(f->images * f->rows * channels) * sizeof(float);
}

VECTOR static void multiply_floats(float *restrict y, const float *restrict b, int64_t n)
{
#pragma omp simd
    for (int64_t i = 0; i < n; i++)
        y[i] *= b[i];
}

VECTOR static void add_floats(float *restrict y, const float *restrict b, int64_t n)
{
#pragma omp simd
    for (int64_t i = 0; i < n; i++)
        y[i] += b[i];
}

/* n channels of `count` rows out of their blocks; rows are PIECE apart in `out`. */
static void gather(const struct finish *f, int64_t image, int64_t row, int64_t count, int64_t channel, int64_t n,
                   float *out)
{
    int64_t blocks = (f->channels + f->block - 1) / f->block;
    for (int64_t c = 0; c < n; c += f->block) {
        int64_t block = image * blocks + (channel + c) / f->block, some = n - c < f->block ? n - c : f->block;
        const float *from = f->sums + (block * f->rows + row) * f->block;
        for (int64_t r = 0; r < count; r++)
            memcpy(out + r * PIECE + c, from + r * f->block, (size_t)some * sizeof *out);
    }
}

static int64_t place(const struct places *p, int64_t image, int64_t row)
{
    return image * p->image + row / p->width * p->line + row % p->width * p->pixel;
}

/* n channels of one row, from `sums`. */
static void finish_row(const struct finish *f, int64_t image, int64_t row, int64_t channel, int64_t n, const float *sums)
{
    float made[PIECE], buffer[PIECE];
    if (f->activate)
        f->activate(made, sums, NULL, 1, n);
    else
        memcpy(made, sums, (size_t)n * sizeof *made);
    if (f->gated)
        multiply_floats(made, f->factor + (image * f->rows + row) * f->channels + channel, n);
    if (f->residual) {
        const void *at = element(f->residual, f->from.dtype, place(&f->from, image, row) + channel);
        add_floats(made, floats_read(at, f->from.dtype, n, buffer), n);
    }
    floats_write(element_out(f->result, f->to.dtype, place(&f->to, image, row) + channel), f->to.dtype, n, made);
}

static void finish_rows(const struct finish *f, int64_t image, int64_t row, int64_t count)
{
    float out[ROWS * PIECE];
    for (int64_t c = 0; c < f->channels; c += PIECE) {
        int64_t n = f->channels - c < PIECE ? f->channels - c : PIECE;
        if (f->block)
            gather(f, image, row, count, c, n, out);
        for (int64_t r = row; r < row + count; r++)
            finish_row(f, image, r, c, n,
                       f->block ? out + (r - row) * PIECE : f->sums + (image * f->rows + r) * f->channels + c);
    }
}

void finish_run(const struct finish *f)
{
    int64_t groups = (f->rows + ROWS - 1) / ROWS;
#pragma omp parallel for schedule(static) if (f->images * f->rows * f->channels >= PARALLEL_FROM)
    for (int64_t i = 0; i < f->images * groups; i++) {
        int64_t row = i % groups * ROWS;
        finish_rows(f, i / groups, row, f->rows - row < ROWS ? f->rows - row : ROWS);
    }
}
