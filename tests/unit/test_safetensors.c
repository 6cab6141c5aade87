/* Safetensors files, read and written. Malformed ones: test_safetensors_bad.c. */
#include "pipeline/weights/safetensors.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/base/text.h"
#include "pipeline/weights/safetensors_writer.h"
#include "tests/support/golden.h"
#include "tests/support/scratch.h"

TestSuite(safetensors, .init = scratch_open, .fini = scratch_close);

static struct safetensors *open_good(const char *path)
{
    struct safetensors *s;
    struct err e = safetensors_open(path, &s);
    if (e.code)
        cr_assert_fail("%s", err_text(e));
    return s;
}

static void expect_error(struct err e, const char *words)
{
    cr_expect(e.code == ERR_FAILED && strstr(err_text(e), words), "\"%s\" lacks \"%s\"", err_text(e), words);
    err_free(&e);
}

Test(safetensors, golden_files_are_read)
{
    static const char *const files[] = {"noise.safetensors", "samplers.safetensors", "tiny-diffusers.safetensors",
                                        "kerascv-sd14.safetensors"};
    for (size_t k = 0; k < ARRAY_LEN(files); k++) {
        struct safetensors *s = open_good(golden_path(files[k]));
        struct golden *g = golden_open(files[k]);
        size_t count = 0;
        for (const char *key; (key = golden_key(g, count)); count++) {
            const struct stored_tensor *t = safetensors_find(s, key);
            cr_assert(t && shape_equal(t->shape, golden_shape(g, key)), "%s: %s", files[k], key);
            if (t->dtype != DTYPE_f32)
                continue;
            size_t n;
            const float *values = golden_f32(g, key, &n);
            cr_expect(t->bytes == n * sizeof *values && !memcmp(t->data, values, t->bytes), "%s: %s", files[k], key);
        }
        cr_expect_eq(safetensors_count(s), count, "%s", files[k]);
        for (size_t i = 1; i < count; i++)
            cr_expect(strcmp(safetensors_at(s, i - 1)->name, safetensors_at(s, i)->name) < 0, "%s: order", files[k]);
        golden_close(g);
        safetensors_free(s);
    }
    struct safetensors *s = open_good(golden_path("tiny-kerascv.safetensors"));
    cr_expect_str_eq(safetensors_metadata(s, "preset"), "kerascv");
    cr_expect_null(safetensors_metadata(s, "PRESET"));
    safetensors_free(s);
}

Test(safetensors, what_is_written_is_read)
{
    static const float f32[6] = {1, -2, 3.5f, 0, 1e-30f, 1e30f};
    static const int32_t i32[2] = {-5, 1 << 30};
    static const uint16_t f16[3] = {0x3c00, 0xc000, 1}, bf16[1] = {0x3f80};
    static const uint8_t u8[5] = {0, 1, 2, 254, 255};
    const struct stored_tensor tensors[] = {
        stored_tensor_make("nothing", DTYPE_f32, SHAPE(4, 0), f32),
        stored_tensor_make("z/last", DTYPE_f32, SHAPE(1, 2, 3, 1), f32),
        stored_tensor_make("\"quoted\\ \xc3\xa9\"", DTYPE_i32, SHAPE(2), i32),
        stored_tensor_make("half", DTYPE_f16, SHAPE(3, 1), f16),
        stored_tensor_make("brain", DTYPE_bf16, (struct shape){0}, bf16),
        stored_tensor_make("bytes", DTYPE_u8, SHAPE(5), u8),
    };
    static const struct safetensors_text texts[] = {{"format", "pt"}, {"prompt", "a \"cat\"\n\xe2\x98\x95"}, {"", ""}};
    for (size_t pairs = 0; pairs <= ARRAY_LEN(texts); pairs++) {
        const char *path = scratch_path("all.safetensors");
        struct err e = safetensors_save(path, tensors, ARRAY_LEN(tensors), texts, pairs);
        cr_assert_eq(e.code, ERR_NONE, "%s", err_text(e));
        struct safetensors *s = open_good(path);
        cr_expect_eq(safetensors_count(s), ARRAY_LEN(tensors));
        for (size_t i = 0; i < ARRAY_LEN(tensors); i++) {
            const struct stored_tensor *t;
            e = safetensors_need(s, tensors[i].name, &t);
            cr_assert_eq(e.code, ERR_NONE, "%s", err_text(e));
            cr_expect(shape_equal(t->shape, tensors[i].shape) && t->dtype == tensors[i].dtype, "%s", t->name);
            cr_expect(t->bytes == tensors[i].bytes && !memcmp(t->data, tensors[i].data, t->bytes), "%s", t->name);
            cr_expect_eq((uintptr_t)t->data % dtypes[t->dtype].bytes, 0, "%s is not aligned", t->name);
        }
        for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
            const char *text = safetensors_metadata(s, texts[i].key);
            cr_expect(i < pairs ? text && !strcmp(text, texts[i].value) : !text, "metadata %zu of %zu", i, pairs);
        }
        size_t size;
        free(scratch_read("all.safetensors", &size));
        cr_expect_eq(safetensors_bytes(s), size);
        safetensors_free(s);
    }
    cr_expect_eq(scratch_count(), 1, "temporary files are left");
}

/* Every dtype of the format opens; what cannot be read is refused when it is asked for. */
Test(safetensors, unusable_tensors_are_refused_by_name)
{
    static const struct {
        const char *dtype, *shape, *end;
    } entries[] = {
        {"F64", "[2]", "16"},        {"I64", "[2]", "16"},        {"U64", "[2]", "16"},    {"C64", "[2]", "16"},
        {"I16", "[2]", "4"},         {"U16", "[2]", "4"},         {"U32", "[2]", "8"},     {"I8", "[2]", "2"},
        {"BOOL", "[2]", "2"},        {"F8_E4M3", "[2]", "2"},     {"F8_E5M2", "[2]", "2"}, {"F8_E8M0", "[2]", "2"},
        {"F8_E4M3FNUZ", "[2]", "2"}, {"F8_E5M2FNUZ", "[2]", "2"}, {"F6_E2M3", "[4]", "3"}, {"F6_E3M2", "[4]", "3"},
        {"F4", "[4]", "2"},          {"F32", "[1,1,1,1,2]", "8"},
    };
    for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
        struct text header = {0}, file = {0};
        text_add(&header, "{\"a/b\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[0,%s]}}", entries[i].dtype,
                 entries[i].shape, entries[i].end);
        uint64_t length = header.length;
        text_add_bytes(&file, &length, 8);
        text_add_bytes(&file, header.bytes, header.length);
        text_add_bytes(&file, (const char[16]){0}, (size_t)atoi(entries[i].end));
        struct safetensors *s;
        const struct stored_tensor *t;
        struct err e = safetensors_parse(file.bytes, file.length, "file", &s);
        cr_assert_eq(e.code, ERR_NONE, "%s: %s", entries[i].dtype, err_text(e));
        cr_expect(safetensors_find(s, "a/b")->unusable, "%s %s", entries[i].dtype, entries[i].shape);
        e = safetensors_need(s, "a/b", &t);
        cr_expect(strstr(err_text(e), "file: tensor a/b cannot be used") && strstr(err_text(e), entries[i].dtype), "%s",
                  err_text(e));
        err_free(&e);
        expect_error(safetensors_need(s, "b/a", &t), "file: has no tensor b/a");
        safetensors_free(s);
        text_free(&file);
        text_free(&header);
    }
}

/* An odd header length puts all values at odd addresses, which the format allows. */
Test(safetensors, values_at_odd_addresses)
{
    static const char header[] = "{\"h\":{\"dtype\":\"F16\",\"shape\":[3],\"data_offsets\":[0,6]},"
                                 "\"f\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[6,14]},"
                                 "\"l\":{\"dtype\":\"I64\",\"shape\":[2],\"data_offsets\":[14,30]}}  ";
    cr_assert_eq((sizeof header - 1) % 2, 1);
    static const uint16_t h[] = {0x3c00, 0x4000, 0x7c00};
    static const float f[] = {1.5f, NAN};
    static const int64_t l[] = {-3, 1ll << 31};
    uint64_t length = sizeof header - 1;
    struct text file = {0};
    text_add_bytes(&file, &length, 8);
    text_add_bytes(&file, header, sizeof header - 1);
    text_add_bytes(&file, h, sizeof h);
    text_add_bytes(&file, f, sizeof f);
    text_add_bytes(&file, l, sizeof l);
    struct safetensors *s;
    struct err e = safetensors_parse(file.bytes, file.length, "file", &s);
    cr_assert_eq(e.code, ERR_NONE, "%s", err_text(e));
    float values[3];
    checkpoint_read_f32(safetensors_find(s, "h"), 0, 3, values);
    cr_expect(values[0] == 1 && values[1] == 2 && isinf(values[2]));
    checkpoint_read_f32(safetensors_find(s, "h"), 1, 1, values);
    cr_expect(values[0] == 2);
    checkpoint_read_f32(safetensors_find(s, "f"), 0, 2, values);
    cr_expect(values[0] == 1.5f && isnan(values[1]));
    cr_expect_eq(stored_tensor_first_not_finite(safetensors_find(s, "h")), 2);
    cr_expect_eq(stored_tensor_first_not_finite(safetensors_find(s, "f")), 1);
    int32_t integer = 0;
    e = stored_tensor_read_i32(safetensors_find(s, "l"), 0, 1, &integer);
    cr_expect(!e.code && integer == -3);
    expect_error(stored_tensor_read_i32(safetensors_find(s, "l"), 0, 2, (int32_t[2]){0}), "l: value 2147483648 at 1");
    expect_error(stored_tensor_read_i32(safetensors_find(s, "f"), 0, 1, &integer), "f is F32; I32, I64 or U8");
    safetensors_free(s);
    text_free(&file);
}

Test(safetensors, integers_are_read)
{
    static const int32_t wide[] = {-7, 49407};
    static const uint8_t narrow[] = {0, 255};
    const struct stored_tensor a = stored_tensor_make("a", DTYPE_i32, SHAPE(2), wide),
                               b = stored_tensor_make("b", DTYPE_u8, SHAPE(2), narrow);
    int32_t out[4];
    struct err e = err_first(stored_tensor_read_i32(&a, 0, 2, out), stored_tensor_read_i32(&b, 0, 2, out + 2));
    cr_expect(!e.code && out[0] == -7 && out[1] == 49407 && out[2] == 0 && out[3] == 255, "%s", err_text(e));
}

Test(safetensors, first_not_finite_is_found)
{
    enum { MOST = 300001 };
    static const int64_t counts[] = {1, 7, 1000, MOST}, places[] = {0, 1, 6, 999, 65535, 65536, MOST - 1};
    static const float bad[] = {NAN, -NAN, INFINITY, -INFINITY};
    static const enum dtype types[] = {DTYPE_f32, DTYPE_f16, DTYPE_bf16};
    float *values = malloc(MOST * sizeof *values);
    char *stored = malloc(MOST * sizeof *values + 1);
    for (int64_t i = 0; i < MOST; i++)
        values[i] = i % 3 ? 65504.0f : -1e-30f;
    for (size_t k = 0; k < ARRAY_LEN(types) * ARRAY_LEN(counts) * ARRAY_LEN(places) * ARRAY_LEN(bad); k++) {
        enum dtype type = types[k % 3];
        int64_t n = counts[k / 3 % 4], at = places[k / 12 % 7], size = (int64_t)dtypes[type].bytes;
        dtype_from_f32(stored + 1, values, type, (size_t)n);
        if (k < 12)
            cr_expect_eq(values_first_not_finite(stored + 1, type, n), -1, "%s, %lld", dtypes[type].name, (long long)n);
        if (at >= n)
            continue;
        dtype_from_f32(stored + 1 + at * size, &bad[k / 84], type, 1);
        dtype_from_f32(stored + 1 + (n - 1) * size, &bad[0], type, 1); /* a later one must not be taken */
        cr_expect_eq(values_first_not_finite(stored + 1, type, n), at, "%s, %lld of %lld", dtypes[type].name,
                     (long long)at, (long long)n);
    }
    cr_expect_eq(values_first_not_finite((const int32_t[2]){-1, 0x7f800000}, DTYPE_i32, 2), -1, "integers are finite");
    free(values);
    free(stored);
}

Test(safetensors, writer_keeps_the_declared_size)
{
    const struct stored_tensor t = stored_tensor_make("a", DTYPE_f32, SHAPE(2), (const float[2]){1, 2});
    const char *path = scratch_path("a.safetensors");
    struct safetensors_writer w;
    cr_assert(!safetensors_create(path, &t, 1, NULL, 0, &w).code && !safetensors_write(&w, t.data, 4).code);
    expect_error(safetensors_commit(&w), "a.safetensors: 4 bytes written of the 8");
    cr_assert(!safetensors_create(path, &t, 1, NULL, 0, &w).code && !safetensors_write(&w, t.data, 8).code);
    expect_error(safetensors_write(&w, t.data, 1), "more bytes than its tensors were declared with");
    safetensors_abandon(&w);
    cr_expect_eq(scratch_count(), 0, "something is left");
}

Test(safetensors, failed_writing_leaves_the_old_file)
{
    const struct stored_tensor t = stored_tensor_make("a", DTYPE_f32, SHAPE(2), (const float[2]){1, 2});
    scratch_write("a.safetensors", "old", 3);
    struct safetensors_writer w;
    cr_assert(!safetensors_create(scratch_path("a.safetensors"), &t, 1, NULL, 0, &w).code);
    safetensors_abandon(&w);
    size_t n;
    char *old = scratch_read("a.safetensors", &n);
    cr_expect(n == 3 && scratch_count() == 1, "%zu bytes", n);
    free(old);
    expect_error(safetensors_save("/dev/full", &t, 1, NULL, 0), "/dev/full: cannot be written: No space left");
    expect_error(safetensors_save(scratch_path(""), &t, 1, NULL, 0), "is a folder");
    expect_error(safetensors_save(scratch_path("no/a"), &t, 1, NULL, 0), "cannot be created");
}
