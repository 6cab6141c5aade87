/* Malformed safetensors files: each must be refused with one line that says what is wrong. */
#include "pipeline/base/error.h"
#include "pipeline/base/text.h"
#include "pipeline/weights/safetensors.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(safetensors_bad, .init = scratch_open, .fini = scratch_close);

/* Parses a copy that is exactly as long as the file, so that a sanitizer sees any look past its end. */
static struct err parse(const void *bytes, size_t n)
{
    struct safetensors *s;
    void *copy = malloc(n ? n : 1);
    memcpy(copy, bytes, n);
    struct err e = safetensors_parse(copy, n, "bad.safetensors", &s);
    safetensors_free(s);
    free(copy);
    return e;
}

static void expect_refused(const char *what, const void *bytes, size_t n, const char *words)
{
    struct err e = parse(bytes, n);
    cr_expect(e.code == ERR_FAILED, "%s: accepted", what);
    cr_expect(strstr(err_text(e), words) && !strncmp(err_text(e), "bad.safetensors: ", 17) &&
                  !strchr(err_text(e), '\n'),
              "%s: \"%s\" lacks \"%s\"", what, err_text(e), words);
    err_free(&e);
}

/* Header length, header, and so many zero bytes. */
static struct text file_of(uint64_t length, const void *header, size_t header_bytes, size_t data_bytes)
{
    struct text file = {0};
    for (int i = 0; i < 8; i++)
        text_add_bytes(&file, &(unsigned char){(unsigned char)(length >> 8 * i)}, 1);
    text_add_bytes(&file, header, header_bytes);
    for (size_t i = 0; i < data_bytes; i++)
        text_add_bytes(&file, "", 1);
    return file;
}

#define F32(name, shape, from, to) \
    "\"" name "\":{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":[" from "," to "]}"
#define ENTRY(dtype, shape, offsets) "{\"a\":{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" offsets "}}"

static const struct {
    const char *header;
    size_t data_bytes;
    const char *words;
} headers[] = {
    {"", 0, "not a JSON object"},
    {"x", 0, "not a JSON object"},
    {"[]", 0, "not a JSON object"},
    {"7", 0, "not a JSON object"},
    {"{", 0, "not a JSON object"},
    {"{}x", 0, "not a JSON object"},
    {"{}{}", 0, "not a JSON object"},
    {" {}", 0, "not a JSON object"},
    {"{\"a\":", 0, "not a JSON object"},
    {"{\"a\":1,", 0, "not a JSON object"},
    {"{}", 1, "too long: by its header it should have 10 bytes, and it has 11"},
    {"{\"a\":1}", 0, "tensor a: has no dtype"},
    {"{\"a\":[]}", 0, "tensor a: has no dtype"},
    {"{\"\":{}}", 0, "name is empty"},
    {"{\"a\\nb\":{}}", 0, "control characters"},
    {"{\"a\xff\":{}}", 0, "not UTF-8"},
    {"{\"__metadata__\":7}", 0, "__metadata__ is not an object"},
    {"{\"__metadata__\":{\"a\":7}}", 0, "__metadata__ holds something other than texts"},
    {"{\"__metadata__\":{},\"__metadata__\":{}}", 0, "__metadata__ is there twice"},
    {ENTRY("7", "[1]", "[0,4]"), 4, "has no dtype"},
    {ENTRY("\"F31\"", "[1]", "[0,4]"), 4, "unknown dtype \"F31\""},
    {ENTRY("\"f32\"", "[1]", "[0,4]"), 4, "unknown dtype \"f32\""},
    {ENTRY("\"F\\n\"", "[1]", "[0,4]"), 4, "has no dtype"},
    {ENTRY("\"F32\"", "7", "[0,4]"), 4, "has no shape"},
    {ENTRY("\"F32\"", "[-1]", "[0,4]"), 4, "a dimension of its shape is no count"},
    {ENTRY("\"F32\"", "[1.5]", "[0,4]"), 4, "a dimension of its shape is no count"},
    {ENTRY("\"F32\"", "[\"1\"]", "[0,4]"), 4, "a dimension of its shape is no count"},
    {ENTRY("\"F32\"", "[1e300]", "[0,4]"), 4, "a dimension of its shape is no count"},
    {ENTRY("\"F32\"", "[1e999]", "[0,4]"), 4, "a dimension of its shape is no count"},
    {ENTRY("\"F32\"", "[9007199254740993]", "[0,4]"), 4, "data_offsets span 4 bytes"},
    {ENTRY("\"F32\"", "[4294967296,4294967296]", "[0,0]"), 0, "more elements than 64 bits"},
    {ENTRY("\"F32\"", "[4294967296,2147483648,0]", "[0,0]"), 0, "more elements than 64 bits"},
    {ENTRY("\"F32\"", "[4294967296,1073741824]", "[0,0]"), 0, "data_offsets span 0 bytes"},
    {ENTRY("\"F32\"", "[2]", "[0,4]"), 4, "not what its shape (2 elements) takes in F32"},
    {ENTRY("\"F32\"", "[1]", "[0,8]"), 8, "data_offsets span 8 bytes"},
    {ENTRY("\"F4\"", "[3]", "[0,1]"), 1, "data_offsets span 1 bytes"},
    {ENTRY("\"F32\"", "[1]", "7"), 4, "not two rising byte positions"},
    {ENTRY("\"F32\"", "[1]", "[0]"), 4, "not two rising byte positions"},
    {ENTRY("\"F32\"", "[1]", "[0,4,8]"), 4, "not two rising byte positions"},
    {ENTRY("\"F32\"", "[1]", "[4,0]"), 4, "not two rising byte positions"},
    {ENTRY("\"F32\"", "[1]", "[-4,0]"), 4, "not two rising byte positions"},
    {ENTRY("\"F32\"", "[1]", "[0.5,4.5]"), 4, "not two rising byte positions"},
    {ENTRY("\"F32\"", "[1]", "[0,1e300]"), 4, "not two rising byte positions"},
    {ENTRY("\"F32\"", "[1]", "[18446744073709551612,18446744073709551616]"), 4, "not two rising byte positions"},
    {ENTRY("\"F32\"", "[1]", "[4,8]"), 4, "4 bytes before tensor a belong to none"},
    {ENTRY("\"F32\"", "[1099511627776]", "[0,4398046511104]"), 4, "should have 4398046511190 bytes, and it has 90"},
    {"{" F32("a", "[1]", "0", "4") "," F32("a", "[1]", "4", "8") "}", 8, "tensor a is there twice"},
    {"{" F32("a", "[2]", "0", "8") "," F32("b", "[1]", "4", "8") "}", 8, "tensors a and b overlap"},
    {"{" F32("a", "[1]", "0", "4") "," F32("b", "[1]", "0", "4") "}", 4, "overlap"},
    {"{" F32("a", "[1]", "0", "4") "," F32("b", "[1]", "8", "12") "}", 12, "4 bytes before tensor b belong to none"},
    {"{" F32("a", "[1]", "0", "4") "}", 3, "truncated: by its header it should have 66 bytes, and it has 65"},
    {"{" F32("a", "[1]", "0", "4") "}", 5, "too long: by its header it should have 66 bytes, and it has 67"},
};

Test(safetensors_bad, headers_are_refused)
{
    for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
        size_t length = strlen(headers[i].header);
        struct text file = file_of(length, headers[i].header, length, headers[i].data_bytes);
        expect_refused(headers[i].header, file.bytes, file.length, headers[i].words);
        text_free(&file);
    }
}

Test(safetensors_bad, header_lengths_are_refused)
{
    static const uint64_t lengths[] = {3,          100,        1ull << 31,     1ull << 32,
                                       1ull << 62, 1ull << 63, UINT64_MAX - 7, UINT64_MAX};
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        char words[64];
        snprintf(words, sizeof words, "a header of %llu bytes does not fit the file's 10",
                 (unsigned long long)lengths[i]);
        struct text file = file_of(lengths[i], "{}", 2, 0);
        expect_refused(words, file.bytes, file.length, words);
        text_free(&file);
    }
}

Test(safetensors_bad, nul_in_a_header_is_refused)
{
    struct text file = file_of(4, "{}\0\0", 4, 0);
    expect_refused("NUL", file.bytes, file.length, "not a JSON object");
    text_free(&file);
}

/* What nests deeper than a parser's stack must end as an error, whichever way it nests. */
Test(safetensors_bad, deep_nesting_is_refused)
{
    static const char *const parts[] = {"[", "{\"a\":", "{\"a\":["};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        struct text header = {0};
        text_add(&header, "{\"a\":");
        for (int k = 0; k < 200000; k++)
            text_add_bytes(&header, parts[i], strlen(parts[i]));
        struct text file = file_of(header.length, header.bytes, header.length, 0);
        expect_refused(parts[i], file.bytes, file.length, "not a JSON object");
        text_free(&file);
        text_free(&header);
    }
}

Test(safetensors_bad, header_over_the_limit_is_refused)
{
    size_t length = 100000001;
    char *spaces = malloc(length);
    memset(spaces, ' ', length);
    memcpy(spaces, "{}", 2);
    struct text file = file_of(length, spaces, length, 0);
    expect_refused("100000001 bytes", file.bytes, file.length, "its header has 100000001 bytes; 100000000 is the most");
    text_free(&file);
    free(spaces);
}

Test(safetensors_bad, other_kinds_of_file_are_named)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *words;
    } cases[] = {
        {"PK\3\4\0\0\0\0\0\0\0\0", 12, "pickled PyTorch checkpoint"},
        {"\x80\2\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20", 10, "can run code: convert it to safetensors"},
        {"\x80\4\x95\0\0\0\0\0\0\0", 10, "pickled PyTorch checkpoint"},
        {"version https://git-lfs.github.com/spec/v1\n", 43, "git lfs pull"},
        {"\x89HDF\r\n\x1a\n\0\0\0\0", 12, "HDF5"},
        {"GGUF\3\0\0\0\0\0\0\0", 12, "GGUF"},
        {"", 0, "it has 0 bytes, and a header length takes 8"},
        {"short", 5, "it has 5 bytes"},
        {"<!DOCTYPE html>", 15, "truncated, or not a safetensors file"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        expect_refused(cases[i].words, cases[i].bytes, cases[i].n, cases[i].words);
}

/* A header of 640 bytes starts with the byte that starts a pickle. */
Test(safetensors_bad, header_length_is_no_pickle)
{
    char header[0x0280];
    memset(header, ' ', sizeof header);
    memcpy(header, "{}", 2);
    struct text file = file_of(sizeof header, header, sizeof header, 0);
    struct err e = parse(file.bytes, file.length);
    cr_expect_eq(e.code, ERR_NONE, "%s", err_text(e));
    err_free(&e);
    text_free(&file);
}

static const char valid[] =
    "{\"__metadata__\":{\"k\":\"v\"}," F32("a", "[2,1]", "0", "8") "," F32("b", "[]", "8", "12") "}  ";

Test(safetensors_bad, every_truncation_is_refused)
{
    struct text file = file_of(sizeof valid - 1, valid, sizeof valid - 1, 12);
    struct err e = parse(file.bytes, file.length);
    cr_expect_eq(e.code, ERR_NONE, "%s", err_text(e));
    err_free(&e);
    for (size_t n = 0; n < file.length; n++) {
        e = parse(file.bytes, n);
        cr_expect_eq(e.code, ERR_FAILED, "the first %zu of %zu bytes are accepted", n, file.length);
        err_free(&e);
    }
    text_free(&file);
}

/* One byte changed: error or not, nothing may be read outside the file (sanitizers) and nothing may leak. */
Test(safetensors_bad, every_changed_byte_is_survived)
{
    static const unsigned char changes[] = {0, ' ', '"', '0', '9', '-', ',', '[', '}', '\\', 0x7f, 0x80, 0xff};
    struct text file = file_of(sizeof valid - 1, valid, sizeof valid - 1, 12);
    size_t refused = 0;
    for (size_t at = 0; at < 8 + sizeof valid - 1; at++)
        for (size_t k = 0; k < ARRAY_LEN(changes); k++) {
            char before = file.bytes[at];
            file.bytes[at] = (char)changes[k];
            struct err e = parse(file.bytes, file.length);
            refused += e.code != ERR_NONE;
            err_free(&e);
            file.bytes[at] = before;
        }
    cr_expect_gt(refused, 1000);
    text_free(&file);
}

Test(safetensors_bad, errors_name_the_path)
{
    static const struct {
        const char *file, *words;
    } cases[] = {{"absent.safetensors", "No such file"}, {"", "not a regular file"}, {"torn.safetensors", "truncated"}};
    scratch_write("torn.safetensors", "\x10\0\0\0\0\0\0\0{", 9);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct safetensors *s;
        struct err e = safetensors_open(scratch_path(cases[i].file), &s);
        cr_expect(e.code == ERR_FAILED && !s && strstr(err_text(e), scratch_path(cases[i].file)) &&
                      strstr(err_text(e), cases[i].words),
                  "%s", err_text(e));
        err_free(&e);
    }
}
