/* Synthetic weights against the CRC-32 of every tensor of both models (tests/golden/weights-*.tsv). */
#include "pipeline/weights/synthetic.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "pipeline/base/error.h"
#include "tests/support/weights_tsv.h"

static uint32_t crc_of(const struct weights_row *row, float *values, int64_t most)
{
    uLong crc = 0;
    int64_t count = shape_count(row->shape);
    for (int64_t at = 0; at < count; at += most) {
        int64_t n = count - at < most ? count - at : most;
        synthetic_fill(0, row->path, row->shape, at, n, values);
        crc = crc32_z(crc, (const unsigned char *)values, (size_t)n * sizeof *values);
    }
    return (uint32_t)crc;
}

/* One tensor a thread; pieces of 64K values stay in its cache. */
static void check_all(const char *model)
{
    enum { PIECE = 1 << 16 };
    struct weights_tsv tsv = weights_tsv_read(model);
    uint32_t *crc = calloc(tsv.count, sizeof *crc);
#pragma omp parallel
    {
        float *values = malloc(PIECE * sizeof *values);
#pragma omp for schedule(dynamic)
        for (size_t i = 0; i < tsv.count; i++)
            crc[i] = crc_of(&tsv.row[i], values, PIECE);
        free(values);
    }
    for (size_t i = 0; i < tsv.count; i++)
        cr_expect(crc[i] == tsv.row[i].crc, "%s %s: CRC-32 %08x, not %08x", model, tsv.row[i].path, crc[i],
                  tsv.row[i].crc);
    free(crc);
    weights_tsv_free(&tsv);
}

Test(synthetic, tiny_equals_its_golden)
{
    check_all("tiny");
}

Test(synthetic, sd14_equals_its_golden)
{
    check_all("sd14");
}

Test(synthetic, pieces_join_without_a_seam)
{
    static const int64_t pieces[] = {1, 63, 64, 1000, 40000, 200000};
    enum { COUNT = 300000 };
    const char *name = "unet/up_blocks.1.resnets.0.conv1.weight";
    struct shape shape = SHAPE(1280, 2560, 3, 3);
    float *whole = malloc(COUNT * sizeof *whole), *part = malloc(COUNT * sizeof *part);
    synthetic_fill(7, name, shape, 12345, COUNT, whole);
    for (size_t k = 0; k < ARRAY_LEN(pieces); k++) {
        for (int64_t at = 0; at < COUNT; at += pieces[k])
            synthetic_fill(7, name, shape, 12345 + at, COUNT - at < pieces[k] ? COUNT - at : pieces[k], part + at);
        cr_expect(!memcmp(whole, part, COUNT * sizeof *whole), "pieces of %lld", (long long)pieces[k]);
    }
    free(whole);
    free(part);
}

Test(synthetic, seeds_and_names_differ)
{
    float a[64], b[64];
    synthetic_fill(0, "unet/conv_in.weight", SHAPE(320, 4, 3, 3), 0, 64, a);
    static const struct {
        uint64_t seed;
        const char *name;
    } others[] = {{1, "unet/conv_in.weight"}, {UINT64_MAX, "unet/conv_in.weight"}, {0, "unet/conv_ip.weight"}};
    for (size_t k = 0; k < ARRAY_LEN(others); k++) {
        synthetic_fill(others[k].seed, others[k].name, SHAPE(320, 4, 3, 3), 0, 64, b);
        int equal = 0;
        for (int i = 0; i < 64; i++)
            equal += a[i] == b[i];
        cr_expect_lt(equal, 4, "case %zu: %d of 64 values are equal", k, equal);
    }
}

/* Mean and spread by the kind of tensor, also of names that no model has. */
Test(synthetic, spread_follows_the_name)
{
    static const struct {
        const char *name;
        struct shape shape;
        double mean, std;
    } cases[] = {
        {"unet/a.norm1.weight", {1, {4096}}, 1, 0.05},
        {"unet/a.norm1.bias", {1, {4096}}, 0, 0.05},
        {"unet/a.conv1.bias", {1, {4096}}, 0, 0.02},
        {"text_encoder/a.token_embedding.weight", {2, {64, 64}}, 0, 0.5},
        {"unet/a.conv1.weight", {4, {16, 16, 4, 4}}, 0, 1 / 16.0},
        {"vae/decoder.conv_out.weight", {4, {16, 16, 4, 4}}, 0, 0.5 / 16},
        {"vae/quant_conv.weight", {4, {1024, 4, 1, 1}}, 0, 0.5},
        {"no_parts", {1, {4096}}, 0, 1},
    };
    enum { COUNT = 4096 };
    float values[COUNT];
    for (size_t k = 0; k < ARRAY_LEN(cases); k++) {
        double sum = 0, squares = 0;
        synthetic_fill(0, cases[k].name, cases[k].shape, 0, COUNT, values);
        for (int i = 0; i < COUNT; i++) {
            sum += (double)values[i];
            squares += ((double)values[i] - cases[k].mean) * ((double)values[i] - cases[k].mean);
        }
        double mean = sum / COUNT, std = sqrt(squares / COUNT); /* 5 standard errors of 4096 draws */
        cr_expect(fabs(mean - cases[k].mean) < cases[k].std * 0.08 && fabs(std / cases[k].std - 1) < 0.055,
                  "%s: mean %g, standard deviation %g", cases[k].name, mean, std);
    }
}
