#include "pipeline/weights/stored_tensor.h"

#include <inttypes.h>
#include <string.h>

#include "pipeline/base/file.h"

enum { BLOCK = 1 << 16 }; /* elements a thread takes at once */

void checkpoint_read_f32(const struct stored_tensor *t, int64_t first, int64_t n, float *out)
{
    size_t size = dtypes[t->dtype].bytes;
    const char *from = (const char *)t->data + (size_t)first * size;
#pragma omp parallel for schedule(static) if (n > 4 * BLOCK)
    for (int64_t at = 0; at < n; at += BLOCK)
        dtype_to_f32(out + at, from + (size_t)at * size, t->dtype, (size_t)(n - at < BLOCK ? n - at : BLOCK));
}

struct err stored_tensor_read_i32(const struct stored_tensor *t, int64_t first, int64_t n, int32_t *out)
{
    bool is_i64 = !strcmp(t->tag, "I64"), is_i32 = !strcmp(t->tag, "I32"), is_u8 = !strcmp(t->tag, "U8");
    if (!is_i64 && !is_i32 && !is_u8)
        return err_fail("%s is %s; I32, I64 or U8 is needed", t->name, t->tag);
    const char *at = (const char *)t->data + first * (is_i64 ? 8 : is_i32 ? 4 : 1);
    for (int64_t i = 0; i < n; i++) {
        int64_t value = *(const unsigned char *)at;
        if (is_i64) {
            memcpy(&value, at, sizeof value);
        } else if (is_i32) {
            int32_t narrow;
            memcpy(&narrow, at, sizeof narrow);
            value = narrow;
        }
        if (value != (int32_t)value)
            return err_fail("%s: value %" PRId64 " at %" PRId64 " does not fit 32 bits", t->name, value, first + i);
        out[i] = (int32_t)value;
        at += is_i64 ? 8 : is_i32 ? 4 : 1;
    }
    return OK;
}

/* An exponent of all ones is the only one that carries into the sign bit when 1 is added to it. */
#define CARRIES(name, type, sign, one)                                         \
    static bool carries_##name(const char *at, int64_t n)                      \
    {                                                                          \
        type any = 0;                                                          \
        _Pragma("omp simd reduction(| : any)") for (int64_t i = 0; i < n; i++) \
        {                                                                      \
            type bits;                                                         \
            memcpy(&bits, at + i * (int64_t)sizeof bits, sizeof bits);         \
            any |= (type)((bits & (type)~sign) + one);                         \
        }                                                                      \
        return any & sign;                                                     \
    }
CARRIES(f32, uint32_t, 0x80000000u, 0x00800000u)
CARRIES(f16, uint16_t, 0x8000u, 0x0400u)
CARRIES(bf16, uint16_t, 0x8000u, 0x0080u)

static bool (*const carries[DTYPE_COUNT])(const char *, int64_t) = {
    [DTYPE_f32] = carries_f32,
    [DTYPE_f16] = carries_f16,
    [DTYPE_bf16] = carries_bf16,
};

int64_t values_first_not_finite(const void *values, enum dtype type, int64_t n)
{
    if (!carries[type])
        return -1;
    const char *from = values;
    int64_t size = (int64_t)dtypes[type].bytes, block = n;
#pragma omp parallel for schedule(static) reduction(min : block) if (n > 4 * BLOCK)
    for (int64_t at = 0; at < n; at += BLOCK)
        if (at < block && carries[type](from + at * size, n - at < BLOCK ? n - at : BLOCK))
            block = at;
    for (; block < n; block++)
        if (carries[type](from + block * size, 1))
            return block;
    return -1;
}

int64_t stored_tensor_first_not_finite(const struct stored_tensor *t)
{
    return values_first_not_finite(t->data, t->dtype, shape_count(t->shape));
}

void stored_tensor_release(const struct stored_tensor *t)
{
    file_map_release(t->data, t->bytes);
}

void stored_tensor_expect(const struct stored_tensor *t)
{
    file_map_expect(t->data, t->bytes);
}
