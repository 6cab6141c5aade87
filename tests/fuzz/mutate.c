#include "tests/fuzz/mutate.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* SplitMix64. */
static uint64_t draw(struct mutator *m)
{
    uint64_t x = m->state += 0x9e3779b97f4a7c15;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

static size_t below(struct mutator *m, size_t n)
{
    return n ? (size_t)(draw(m) % n) : 0;
}

/* An input being changed. */
struct draft {
    uint8_t *bytes;
    size_t size;
};

struct span {
    size_t at, n;
};

/* Mostly short, now and then up to all. */
static struct span any_span(struct mutator *m, size_t size)
{
    size_t at = below(m, size), most = size - at;
    if (most > 16 && below(m, 8))
        most = 16;
    return (struct span){at, most ? 1 + below(m, most) : 0};
}

/* Puts n bytes, which may be the draft's own, in place of a span; what becomes too long is cut. */
static void put(struct draft *d, struct span old, const void *bytes, size_t n)
{
    uint8_t copy[FUZZ_BYTES];
    size_t room = FUZZ_BYTES - old.at, rest = d->size - old.at - old.n;
    n = n < room ? n : room;
    rest = rest < room - n ? rest : room - n;
    memcpy(copy, bytes, n);
    memmove(d->bytes + old.at + n, d->bytes + old.at + old.n, rest);
    memcpy(d->bytes + old.at, copy, n);
    d->size = old.at + n + rest;
}

/* In place of as many bytes, or between two. */
static void put_somewhere(struct mutator *m, struct draft *d, const void *bytes, size_t n)
{
    size_t at = below(m, d->size + 1), over = below(m, 2) ? n : 0;
    put(d, (struct span){at, over < d->size - at ? over : d->size - at}, bytes, n);
}

/* Sizes, counts and limits of formats, and the numbers beside them. */
static uint64_t telling_number(struct mutator *m)
{
    static const uint64_t numbers[] = {
        0,          1,          2,          3,         4,          7,         8,          16,
        63,         64,         77,         79,        80,         100,       128,        255,
        256,        512,        1000,       1024,      4096,       32767,     32768,      49407,
        65535,      65536,      1u << 24,   1u << 25,  INT32_MAX,  1u << 31,  UINT32_MAX, 1ull << 32,
        1ull << 40, 1ull << 48, 1ull << 53, INT64_MAX, 1ull << 63, UINT64_MAX};
    uint64_t number = numbers[below(m, ARRAY_LEN(numbers))];
    return below(m, 2) ? number : number + 2 * below(m, 2) - 1;
}

static void flip_bit(struct mutator *m, struct draft *d)
{
    if (d->size)
        d->bytes[below(m, d->size)] ^= (uint8_t)(1u << below(m, 8));
}

static void set_byte(struct mutator *m, struct draft *d)
{
    static const uint8_t telling[] = {0,   1,   '\n', '\r', '\t', ' ',  '"',  '-',
                                      '0', '9', '\\', 0x7f, 0x80, 0xc0, 0xed, 0xff};
    uint8_t byte = below(m, 2) ? telling[below(m, sizeof telling)] : (uint8_t)draw(m);
    if (d->size)
        d->bytes[below(m, d->size)] = byte;
}

static void add_to_byte(struct mutator *m, struct draft *d)
{
    if (d->size)
        d->bytes[below(m, d->size)] += (uint8_t)(1 + below(m, 16) - below(m, 2) * 17);
}

static void put_integer(struct mutator *m, struct draft *d)
{
    uint64_t number = telling_number(m);
    size_t width = (size_t)1 << below(m, 4);
    bool big_end_first = below(m, 2);
    uint8_t bytes[8];
    for (size_t i = 0; i < width; i++)
        bytes[big_end_first ? width - 1 - i : i] = (uint8_t)(number >> 8 * i);
    put_somewhere(m, d, bytes, width);
}

static void put_random_bytes(struct mutator *m, struct draft *d)
{
    uint8_t bytes[16];
    size_t n = 1 + below(m, sizeof bytes);
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)draw(m);
    put_somewhere(m, d, bytes, n);
}

static void put_token(struct mutator *m, struct draft *d)
{
    size_t count = 0;
    while (m->token[count])
        count++;
    const char *token = count ? m->token[below(m, count)] : "";
    put_somewhere(m, d, token, strlen(token));
}

static void delete_span(struct mutator *m, struct draft *d)
{
    put(d, any_span(m, d->size), "", 0);
}

static void cut(struct mutator *m, struct draft *d)
{
    d->size = below(m, d->size + 1);
}

/* Once as a rule, else as often as makes what nests or lists deep and long. */
static void repeat_span(struct mutator *m, struct draft *d)
{
    struct span s = any_span(m, d->size);
    size_t times = below(m, 4) ? 1 : (size_t)1 << below(m, 12);
    for (size_t i = 0; i < times && d->size + s.n <= FUZZ_BYTES; i++)
        put(d, (struct span){s.at, 0}, d->bytes + s.at, s.n);
}

static void move_span(struct mutator *m, struct draft *d)
{
    struct span s = any_span(m, d->size);
    put_somewhere(m, d, d->bytes + s.at, s.n);
}

static void splice(struct mutator *m, struct draft *d)
{
    const struct input *other = &m->corpus->item[below(m, m->corpus->count)];
    struct span s = any_span(m, other->size);
    put_somewhere(m, d, other->bytes + s.at, s.n);
}

/* Another number where one is written in decimals. */
static void change_number(struct mutator *m, struct draft *d)
{
    static const char *const forms[] = {"%" PRIu64, "-%" PRIu64, "%" PRIu64 ".5", "%" PRIu64 "e9", "0%" PRIu64};
    char text[40];
    size_t at = below(m, d->size), n = 0;
    while (at < d->size && (d->bytes[at] < '0' || d->bytes[at] > '9'))
        at++;
    while (at + n < d->size && d->bytes[at + n] >= '0' && d->bytes[at + n] <= '9')
        n++;
    snprintf(text, sizeof text, below(m, 2) ? forms[0] : forms[below(m, ARRAY_LEN(forms))], telling_number(m));
    put(d, (struct span){at, n}, text, strlen(text));
}

static void (*const ways[])(struct mutator *, struct draft *) = {
    flip_bit,    set_byte, add_to_byte, put_integer, put_random_bytes, put_token,     put_token,
    delete_span, cut,      repeat_span, move_span,   splice,           change_number, change_number,
};

/* What was added last led somewhere new, so that half of the choices are among the last few. */
static const struct input *choose(struct mutator *m)
{
    size_t count = m->corpus->count, last = count / 4 + 1;
    return &m->corpus->item[below(m, 2) ? below(m, count) : count - 1 - below(m, last)];
}

/* Of two choices mostly the shorter one, which takes less time and has more that matters. */
size_t mutate(struct mutator *m, uint8_t out[FUZZ_BYTES])
{
    const struct input *from = choose(m), *other = choose(m);
    if (other->size < from->size && below(m, 4))
        from = other;
    struct draft d = {out, from->size};
    memcpy(out, from->bytes, from->size);
    size_t changes = (size_t)1 << below(m, 4);
    for (size_t i = 0; i < changes; i++)
        ways[below(m, ARRAY_LEN(ways))](m, &d);
    return d.size;
}
