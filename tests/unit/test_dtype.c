/* float16 and bfloat16 against their definitions: every half, every tie between neighbours, and the edges. */
#include "pipeline/base/dtype.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "pipeline/base/error.h"

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static float from_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The value of a half by its definition; finite ones only. */
static float half_value(unsigned h)
{
    int exponent = (h >> 10) & 31, mantissa = h & 1023;
    double value = exponent ? ldexp(1024 + mantissa, exponent - 25) : ldexp(mantissa, -24);
    return (float)(h & 0x8000 ? -value : value);
}

Test(dtype, every_half_has_its_value)
{
    for (unsigned h = 0; h < 65536; h++) {
        uint32_t got = bits_of(f32_from_f16((uint16_t)h));
        if ((h & 0x7c00) != 0x7c00)
            cr_expect(got == bits_of(half_value(h)), "half %04x gives %08x", h, got);
        else /* infinity and NaN: all exponent bits, the mantissa moved up */
            cr_expect(got == (((h & 0x8000u) << 16) | 0x7f800000 | ((h & 1023) << 13)), "half %04x gives %08x", h, got);
    }
}

Test(dtype, every_half_comes_back)
{
    for (unsigned h = 0; h < 65536; h++) {
        bool signaling = (h & 0x7c00) == 0x7c00 && (h & 1023) && !(h & 512);
        unsigned back = f16_from_f32(f32_from_f16((uint16_t)h));
        cr_expect(back == (signaling ? h | 512 : h), "half %04x comes back as %04x", h, back);
    }
}

/* Between neighbours h and h + 1: just below the middle, the middle (to even), just above it. */
Test(dtype, halves_round_to_nearest_even)
{
    for (unsigned sign = 0; sign < 2; sign++)
        for (unsigned h = 0; h < 0x7bff; h++) {
            float middle = (half_value(h) + half_value(h + 1)) / 2;
            float below = nextafterf(middle, 0), above = nextafterf(middle, INFINITY), by = sign ? -1 : 1;
            unsigned got[3] = {f16_from_f32(by * below), f16_from_f32(by * middle), f16_from_f32(by * above)};
            unsigned s = sign << 15;
            cr_expect(got[0] == (s | h) && got[1] == (s | (h + (h & 1))) && got[2] == (s | (h + 1)),
                      "around the middle of %04x and its neighbour: %04x %04x %04x", s | h, got[0], got[1], got[2]);
        }
}

Test(dtype, edges_of_half)
{
    static const struct {
        float x;
        unsigned half;
    } cases[] = {
        {65504, 0x7bff},        {65519.996f, 0x7bff},      {65520, 0x7c00},        {1e30f, 0x7c00},
        {INFINITY, 0x7c00},     {-INFINITY, 0xfc00},       {-65520, 0xfc00},       {0x1p-24f, 0x0001},
        {0x1p-25f, 0x0000},     {0x1.000002p-25f, 0x0001}, {-0x1p-26f, 0x8000},    {0x1p-149f, 0x0000},
        {-0x1p-149f, 0x8000},   {0x1p-14f, 0x0400},        {0.0f, 0x0000},         {-0.0f, 0x8000},
        {0x1.ff8p-15f, 0x03ff}, {0x1.ffbffep-15f, 0x03ff}, {0x1.ffcp-15f, 0x0400}, {1, 0x3c00},
        {-2, 0xc000},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        unsigned got = f16_from_f32(cases[i].x);
        cr_expect(got == cases[i].half, "%a gives %04x, not %04x", (double)cases[i].x, got, cases[i].half);
    }
    cr_expect(isnan(f32_from_f16(f16_from_f32(NAN))) && isnan(f32_from_f16(f16_from_f32(-NAN))));
    cr_expect(isnan(f32_from_f16(f16_from_f32(from_bits(0x7f800001)))), "a NaN with only its last bit set");
}

Test(dtype, every_bfloat16_comes_back)
{
    for (unsigned h = 0; h < 65536; h++) {
        float x = f32_from_bf16((uint16_t)h);
        cr_expect(bits_of(x) == h << 16, "bfloat16 %04x", h);
        unsigned back = bf16_from_f32(x);
        bool nan = (h & 0x7fff) > 0x7f80;
        cr_expect(back == (nan ? h | 64 : h), "bfloat16 %04x comes back as %04x", h, back);
    }
}

Test(dtype, bfloat16_rounds_to_nearest_even)
{
    for (unsigned h = 0; h < 65536; h++) {
        if ((h & 0x7fff) >= 0x7f80)
            continue;
        static const uint32_t rest[] = {0x7fff, 0x8000, 0x8001, 0xffff};
        for (size_t k = 0; k < ARRAY_LEN(rest); k++) {
            unsigned should = h + (rest[k] > 0x8000 || (rest[k] == 0x8000 && (h & 1)));
            unsigned got = bf16_from_f32(from_bits(h << 16 | rest[k]));
            cr_expect(got == should, "%04x%04x gives %04x", h, rest[k], got);
        }
    }
    cr_expect(isnan(f32_from_bf16(bf16_from_f32(from_bits(0x7f800001)))), "a NaN with only its last bits set");
    cr_expect(isnan(f32_from_bf16(bf16_from_f32(from_bits(0xffffffff)))), "the last NaN");
}

/* Buffers of all lengths around a vector, at odd addresses on the stored side. */
Test(dtype, buffers_convert_like_single_values)
{
    enum { MOST = 37 };
    float values[MOST], back[MOST];
    for (int i = 0; i < MOST; i++)
        values[i] = (float)(i - 5) * 1.37f;
    for (int type = 0; type < DTYPE_COUNT; type++)
        for (size_t n = 0; n <= MOST; n++) {
            char stored[4 * MOST + 3];
            memset(stored, 0x5a, sizeof stored);
            size_t end = 1 + n * dtypes[type].bytes;
            dtype_from_f32(stored + 1, values, (enum dtype)type, n);
            cr_expect(stored[0] == 0x5a && stored[end] == 0x5a, "%s, %zu values: overrun", dtypes[type].name, n);
            dtype_to_f32(back, stored + 1, (enum dtype)type, n);
            for (size_t i = 0; i < n; i++) {
                float x = values[i];
                float should = type == DTYPE_f16    ? f32_from_f16(f16_from_f32(x))
                               : type == DTYPE_bf16 ? f32_from_bf16(bf16_from_f32(x))
                               : type == DTYPE_i32  ? truncf(x)
                               : type == DTYPE_u8   ? truncf(fmaxf(x, 0))
                                                    : x;
                cr_expect(back[i] == should, "%s: %g becomes %g", dtypes[type].name, (double)x, (double)back[i]);
            }
        }
}

Test(dtype, integers_saturate)
{
    static const float values[] = {NAN, INFINITY, -INFINITY, 3e9f, -3e9f, 255.5f, -0.5f, 254.99f, 0x1.fffffep30f};
    static const int32_t i32[] = {INT32_MIN, INT32_MAX, INT32_MIN, INT32_MAX, INT32_MIN, 255, 0, 254, 2147483520};
    static const uint8_t u8[] = {0, 255, 0, 255, 0, 255, 0, 254, 255};
    int32_t a[ARRAY_LEN(values)];
    uint8_t b[ARRAY_LEN(values)];
    dtype_from_f32(a, values, DTYPE_i32, ARRAY_LEN(values));
    dtype_from_f32(b, values, DTYPE_u8, ARRAY_LEN(values));
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        cr_expect(a[i] == i32[i] && b[i] == u8[i], "%g gives %d and %d", (double)values[i], a[i], b[i]);
}
