/* CUPTI's records from buffers that are made by hand: whole, cut off, of other sizes, of unknown kinds, of noise. Each
 * buffer is exactly as large as it says, so that the sanitizer sees a look behind its end. */
#include "profiler/cupti/decode.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cuda/cupti_canned.h"

struct seen {
    struct record record[64];
    size_t count;
};

static void see(void *seen, const struct record *r)
{
    struct seen *s = seen;
    if (s->count < ARRAY_LEN(s->record))
        s->record[s->count] = *r;
    s->count++;
}

static uint64_t look(const uint8_t *bytes, size_t size, record_next next, struct seen *s)
{
    *s = (struct seen){0};
    uint8_t *exact = malloc(size ? size : 1);
    cr_assert(exact, "memory");
    if (size)
        memcpy(exact, bytes, size);
    const uint64_t bad = decode(exact, size, next, &(struct record_sink){see, s});
    free(exact);
    return bad;
}

/* Where each record of a buffer ends, from its kinds' sizes. */
static const size_t sizes[CANNED_KINDS] = {
    sizeof(cupti_link), sizeof(cupti_link),      sizeof(cupti_call),    sizeof(cupti_kernel),
    sizeof(cupti_copy), sizeof(cupti_peer_copy), sizeof(cupti_set),     sizeof(cupti_call),
    sizeof(cupti_wait), sizeof(cupti_overhead),  sizeof(cupti_compile),
};

Test(cupti_decode, every_kind)
{
    static const struct {
        enum record_what what;
        uint64_t begin, end, bytes;
        uint32_t correlation, stream, code;
    } expected[CANNED_KINDS] = {
        {RECORD_link, 0, 0, 0, 1, 0, CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0},
        {RECORD_link, 0, 0, 0, 1, 0, CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM1},
        {RECORD_call, 100, 110, 0, 1, 99, 211},
        {RECORD_kernel, 120, 150, 0, 1, 7, 0},
        {RECORD_copy, 160, 170, 4096, 2, 8, CUPTI_ACTIVITY_MEMCPY_KIND_HTOD},
        {RECORD_copy, 170, 180, 8192, 3, 9, CUPTI_ACTIVITY_MEMCPY_KIND_PTOP},
        {RECORD_set, 180, 190, 64, 4, 10, 0},
        {RECORD_call, 190, 195, 0, 5, 99, 211},
        {RECORD_wait, 195, 200, 0, 6, 11, CUPTI_ACTIVITY_SYNCHRONIZATION_TYPE_STREAM_SYNCHRONIZE},
        {RECORD_overhead, 200, 210, 0, 0, 98, CUPTI_ACTIVITY_OVERHEAD_LAZY_FUNCTION_LOADING},
        {RECORD_compile, 210, 220, 0, 0, 97, COMPILE_CODE(1, 3)},
    };
    struct canned c = {0};
    struct seen s;
    canned_each(&c);
    cr_assert_eq(look(c.bytes, c.size, NULL, &s), 0);
    cr_assert_eq(s.count, CANNED_KINDS);
    for (size_t i = 0; i < CANNED_KINDS; i++) {
        const struct record *r = &s.record[i];
        cr_expect_eq(r->what, expected[i].what, "record %zu", i);
        cr_expect(r->begin == expected[i].begin && r->end == expected[i].end, "times of record %zu", i);
        cr_expect_eq(r->bytes, expected[i].bytes, "record %zu", i);
        cr_expect_eq(r->correlation, expected[i].correlation, "record %zu", i);
        cr_expect_eq(r->stream, expected[i].stream, "record %zu: %u", i, r->stream);
        cr_expect_eq(r->code, expected[i].code, "record %zu: %u", i, r->code);
    }
    const struct kernel_shape shape = {{8, 2, 1}, {128, 1, 1}, {2, 1, 1}, 40, 1024, 49152, 16};
    cr_expect(!memcmp(&s.record[3].shape, &shape, sizeof shape));
    cr_expect_str_eq(s.record[3].name, "k");
    cr_expect_eq(s.record[4].call_correlation, 1);
    canned_free(&c);
}

Test(cupti_decode, cut_off_at_every_byte)
{
    struct canned c = {0};
    struct seen s;
    canned_each(&c);
    size_t whole = 0, end = 0;
    for (size_t size = 0; size <= c.size; size++) {
        while (whole < CANNED_KINDS && end + sizes[whole] <= size)
            end += sizes[whole++];
        cr_assert_eq(look(c.bytes, size, NULL, &s), size != end, "%zu bytes", size);
        cr_assert_eq(s.count, whole, "%zu bytes: %zu records", size, s.count);
    }
    cr_expect_eq(whole, CANNED_KINDS);
    canned_free(&c);
}

/* Kinds that are not read here. How long they are only the library knows, which `step` plays. */
static const uint32_t unknown_kinds[] = {CUPTI_ACTIVITY_KIND_INVALID,
                                         CUPTI_ACTIVITY_KIND_DEVICE,
                                         CUPTI_ACTIVITY_KIND_GRAPH_TRACE,
                                         1000,
                                         0x7fffffff,
                                         0xffffffff};
enum { UNKNOWN_BYTES = 40 };

static CUptiResult step_over_unknown(uint8_t *buffer, size_t valid, CUpti_Activity **record)
{
    uint8_t *at = (uint8_t *)*record;
    uint32_t kind;
    memcpy(&kind, at, sizeof kind);
    at += kind == CUPTI_ACTIVITY_KIND_RUNTIME ? sizeof(cupti_call) : UNKNOWN_BYTES;
    *record = (CUpti_Activity *)(void *)at;
    return (size_t)(at - buffer) < valid ? CUPTI_SUCCESS : CUPTI_ERROR_MAX_LIMIT_REACHED;
}

Test(cupti_decode, unknown_kinds)
{
    for (size_t i = 0; i < ARRAY_LEN(unknown_kinds); i++) {
        uint32_t unknown[UNKNOWN_BYTES / sizeof(uint32_t)] = {unknown_kinds[i]};
        struct canned c = {0};
        struct seen s;
        canned_call(&c, CUPTI_ACTIVITY_KIND_RUNTIME, 1, 10, 20);
        canned_add(&c, unknown, sizeof unknown);
        canned_call(&c, CUPTI_ACTIVITY_KIND_RUNTIME, 2, 30, 40);
        cr_expect_eq(look(c.bytes, c.size, NULL, &s), 1, "kind %u", unknown_kinds[i]);
        cr_expect_eq(s.count, 1, "kind %u hides what follows", unknown_kinds[i]);
        cr_expect_eq(look(c.bytes, c.size, step_over_unknown, &s), 1, "kind %u", unknown_kinds[i]);
        cr_expect(s.count == 2 && s.record[1].correlation == 2, "kind %u is stepped over", unknown_kinds[i]);
        canned_free(&c);
    }
}

/* A newer library's records are longer than the header's. */
enum { LONGER = 24 };

static CUptiResult step_longer(uint8_t *buffer, size_t valid, CUpti_Activity **record)
{
    uint8_t *at = (uint8_t *)*record + sizeof(cupti_kernel) + LONGER;
    *record = (CUpti_Activity *)(void *)at;
    return (size_t)(at - buffer) < valid ? CUPTI_SUCCESS : CUPTI_ERROR_MAX_LIMIT_REACHED;
}

Test(cupti_decode, longer_records)
{
    const uint8_t more[LONGER] = {1, 2, 3};
    struct canned c = {0};
    struct seen s;
    for (uint32_t i = 0; i < 3; i++) {
        canned_kernel(&c, "k", i, 0, 10 * i + 1, 10 * i + 5);
        canned_add(&c, more, sizeof more);
    }
    cr_expect_eq(look(c.bytes, c.size, step_longer, &s), 0);
    cr_expect_eq(s.count, 3);
    cr_expect_eq(s.record[2].correlation, 2);
    canned_free(&c);
}

/* A library that steps by garbage is not followed, out of the buffer, back, or into the record that was read; nor is
 * one that fails. The header's sizes hold then, and nothing is lost in silence. */
static ptrdiff_t garbage_step;
static CUptiResult garbage_result;
static CUptiResult step_garbage(uint8_t *buffer, size_t valid, CUpti_Activity **record)
{
    (void)buffer;
    (void)valid;
    *record = (CUpti_Activity *)((uintptr_t)*record + (uintptr_t)garbage_step);
    return garbage_result;
}

Test(cupti_decode, garbage_sizes)
{
    static const ptrdiff_t steps[] = {0,    1,    -1,       8,           -8,          -4096,
                                      4096, 4097, 1L << 40, -(1L << 40), PTRDIFF_MAX, PTRDIFF_MIN};
    static const CUptiResult results[] = {CUPTI_SUCCESS, CUPTI_ERROR_INVALID_KIND, CUPTI_ERROR_NOT_INITIALIZED,
                                          CUPTI_ERROR_UNKNOWN};
    struct canned c = {0};
    struct seen s;
    canned_each(&c);
    for (size_t i = 0; i < ARRAY_LEN(steps); i++)
        for (size_t k = 0; k < ARRAY_LEN(results); k++) {
            garbage_step = steps[i];
            garbage_result = results[k];
            cr_expect_eq(look(c.bytes, c.size, step_garbage, &s), 0, "step %td", steps[i]);
            cr_expect_eq(s.count, CANNED_KINDS, "step %td: %zu records", steps[i], s.count);
            cr_expect_eq(look(c.bytes, c.size - 1, step_garbage, &s), 1, "step %td, cut off", steps[i]);
        }
    /* longer records of a library that then fails: the rest is unreadable, and says so */
    canned_add(&c, &(uint64_t){0xffffffff}, sizeof(uint64_t));
    cr_expect_eq(look(c.bytes, c.size, step_garbage, &s), 1);
    canned_free(&c);
}

/* Knuth's MMIX generator; the upper half is random enough. */
static size_t below(uint64_t *state, size_t n)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(*state >> 33) % n;
}

/* Bytes changed at random, kinds and lengths too: it ends, and reads nothing that is not there. */
Test(cupti_decode, noise)
{
    struct canned c = {0};
    struct seen s;
    uint64_t state = 7;
    canned_each(&c);
    uint8_t *changed = malloc(c.size);
    cr_assert(changed, "memory");
    for (int i = 0; i < 20000; i++) {
        memcpy(changed, c.bytes, c.size);
        for (size_t n = 1 + below(&state, 8); n; n--)
            changed[below(&state, c.size)] = (uint8_t)below(&state, 64);
        const size_t size = below(&state, 2) ? c.size : below(&state, c.size + 1);
        const uint64_t bad = look(changed, size, NULL, &s);
        cr_assert(bad <= 1 && s.count <= size / sizeof(cupti_link), "change %d", i);
    }
    free(changed);
    canned_free(&c);
}

/* The real library steps through such buffers as we do; up to CUDA 13.1 it needs no driver for that. */
Test(cupti_decode, as_the_library)
{
    void *library = dlopen("libcupti.so." CUDA_MAJOR, RTLD_NOW | RTLD_LOCAL), *found;
    if (!library)
        cr_skip_test("no libcupti.so." CUDA_MAJOR " on the loader's path");
    record_next next;
    found = dlsym(library, "cuptiActivityGetNextRecord");
    cr_assert(found);
    memcpy(&next, &found, sizeof next);
    struct canned c = {0};
    struct seen own, theirs;
    canned_each(&c);
    CUpti_Activity *first = NULL;
    if (next(c.bytes, c.size, &first) == CUPTI_ERROR_UNKNOWN)
        cr_skip_test("this CUPTI does nothing without a driver");
    cr_expect_eq(look(c.bytes, c.size, NULL, &own), 0);
    cr_expect_eq(look(c.bytes, c.size, next, &theirs), 0);
    cr_expect_eq(theirs.count, CANNED_KINDS, "%zu records", theirs.count);
    for (size_t i = 0; i < CANNED_KINDS; i++)
        cr_expect(own.record[i].what == theirs.record[i].what && own.record[i].end == theirs.record[i].end,
                  "record %zu", i);
    canned_free(&c);
}
