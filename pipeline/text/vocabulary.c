#include "pipeline/text/vocabulary.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>
#include <xxhash.h>
#include <zlib.h>

#include "pipeline/text/vocabulary_data.h"

enum {
    SLOTS = 1 << 17,            /* of both hash tables, which are at most 0.38 full; probing is linear */
    INFLATED_BYTES = 1 << 20,   /* the merges in use end at byte 524,645 of the file; its other lines are not read */
    SPELLINGS_BYTES = 8 * 1024, /* more than all spellings that are no product take */
};

struct merge {
    uint32_t pair; /* left << 16 | right */
    uint32_t id;   /* 0: a free slot */
};

/* Ids by spelling; needed while opening only. 0 is a free slot, else id + 1. */
struct names {
    uint32_t slot[SLOTS];
};

static struct merge *merge_slot(struct merge *merges, uint32_t pair)
{
    size_t i = XXH3_64bits(&pair, sizeof pair) % SLOTS;
    while (merges[i].id && merges[i].pair != pair)
        i = (i + 1) % SLOTS;
    return &merges[i];
}

uint32_t vocabulary_merge(const struct vocabulary *v, uint32_t left, uint32_t right)
{
    return merge_slot(v->merges, left << 16 | right)->id;
}

const char *vocabulary_piece(const struct vocabulary *v, uint32_t id)
{
    return v->spellings + v->offset[id];
}

static uint32_t *name_slot(const struct vocabulary *v, struct names *names, const char *spelling, size_t n)
{
    size_t i = XXH3_64bits(spelling, n) % SLOTS;
    for (uint32_t id; names->slot[i]; i = (i + 1) % SLOTS) {
        id = names->slot[i] - 1;
        if (v->offset[id + 1] - v->offset[id] == n + 1 && !memcmp(vocabulary_piece(v, id), spelling, n))
            break;
    }
    return &names->slot[i];
}

/* The spelling of `id` is a, then b. Ids come in order. */
static void name_add(struct vocabulary *v, struct names *names, uint32_t id, const char *a, size_t n_a, const char *b,
                     size_t n_b)
{
    char *at = v->spellings + v->offset[id];
    memcpy(at, a, n_a);
    memcpy(at + n_a, b, n_b);
    at[n_a + n_b] = 0;
    v->offset[id + 1] = v->offset[id] + (uint32_t)(n_a + n_b) + 1;
    *name_slot(v, names, at, n_a + n_b) = id + 1;
}

/* Printable Latin-1 bytes stand for themselves and come first; the others are spelled U+0100, U+0101 and so on. */
static void add_symbols(struct vocabulary *v, struct names *names)
{
    utf8proc_uint8_t spelling[VOCABULARY_SYMBOLS][4];
    size_t length[VOCABULARY_SYMBOLS];
    uint16_t id = 0, other = 0;
    for (int printable = 1; printable >= 0; printable--)
        for (int byte = 0; byte < VOCABULARY_SYMBOLS; byte++) {
            if (((byte > 32 && byte < 127) || (byte > 160 && byte != 173)) != printable)
                continue;
            length[id] = (size_t)utf8proc_encode_char(printable ? byte : 256 + other++, spelling[id]);
            v->symbol[byte] = id++;
        }
    for (uint32_t i = 0; i < 2 * VOCABULARY_SYMBOLS; i++) {
        uint32_t symbol = i % VOCABULARY_SYMBOLS;
        name_add(v, names, i, (char *)spelling[symbol], length[symbol], "</w>", i < VOCABULARY_SYMBOLS ? 0 : 4);
    }
}

/* Line k of the file, from 1: "left right". */
static struct err add_merges(struct vocabulary *v, struct names *names, const char *text)
{
    const char *line = strchr(text, '\n'); /* line 0 names the version */
    for (uint32_t k = 1; k <= VOCABULARY_MERGES; k++) {
        const char *left = line ? line + 1 : "", *space = strchr(left, ' ');
        line = strchr(left, '\n');
        if (!space || !line || space > line)
            return err_fail("the vocabulary inside the program is damaged at merge %u: build it again", k);
        size_t n_left = (size_t)(space - left), n_right = (size_t)(line - space) - 1;
        uint32_t a = *name_slot(v, names, left, n_left), b = *name_slot(v, names, space + 1, n_right);
        uint32_t id = 2 * VOCABULARY_SYMBOLS + k - 1, pair = (a - 1) << 16 | (b - 1);
        if (!a || !b)
            return err_fail("the vocabulary inside the program is damaged at merge %u: build it again", k);
        *merge_slot(v->merges, pair) = (struct merge){pair, id};
        name_add(v, names, id, left, n_left, space + 1, n_right);
    }
    return OK;
}

/* The first INFLATED_BYTES - 1 bytes of the file, and a NUL. */
static struct err inflate_data(char *text)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)vocabulary_data,
                  .avail_in = (uInt)vocabulary_data_bytes,
                  .next_out = (Bytef *)text,
                  .avail_out = INFLATED_BYTES - 1};
    if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK) /* 16: a gzip header */
        return err_fail("out of memory (vocabulary)");
    int reason = inflate(&z, Z_SYNC_FLUSH);
    text[z.total_out] = 0;
    inflateEnd(&z);
    return reason == Z_OK || reason == Z_STREAM_END
               ? OK
               : err_fail("the vocabulary inside the program cannot be unpacked (zlib: %d): build it again", reason);
}

struct err vocabulary_open(struct vocabulary *v)
{
    static const char *const specials[] = {"<|startoftext|>", "<|endoftext|>"};
    *v = (struct vocabulary){.spellings = malloc(INFLATED_BYTES + SPELLINGS_BYTES),
                             .merges = calloc(SLOTS, sizeof *v->merges)};
    struct names *names = calloc(1, sizeof *names);
    char *text = malloc(INFLATED_BYTES);
    struct err e = v->spellings && v->merges && names && text ? OK : err_fail("out of memory (vocabulary)");
    if (!e.code)
        e = inflate_data(text);
    if (!e.code) {
        add_symbols(v, names);
        e = add_merges(v, names, text);
    }
    for (uint32_t i = 0; !e.code && i < ARRAY_LEN(specials); i++)
        name_add(v, names, VOCABULARY_SIZE - 2 + i, specials[i], strlen(specials[i]), "", 0);
    free(names);
    free(text);
    if (e.code)
        vocabulary_free(v);
    return e;
}

void vocabulary_free(struct vocabulary *v)
{
    free(v->spellings);
    free(v->merges);
    *v = (struct vocabulary){0};
}
