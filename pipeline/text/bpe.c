#include "pipeline/text/bpe.h"

#include <stdlib.h>

enum { GONE = UINT16_MAX }; /* the id of a byte that is no longer the first of a piece */

static struct err reserve(struct bpe *b, size_t n)
{
    if (n <= b->capacity)
        return OK;
    if (n > INT32_MAX)
        return err_fail("a word of %zu bytes is too long for the tokenizer: put spaces in it", n);
    size_t capacity = 2 * n + 64;
    bpe_free(b);
    /* Each merge takes one pair off the heap and adds at most two. */
    *b = (struct bpe){.id = malloc(capacity * sizeof *b->id),
                      .next = malloc(capacity * sizeof *b->next),
                      .previous = malloc(capacity * sizeof *b->previous),
                      .heap = malloc(2 * capacity * sizeof *b->heap)};
    if (!b->id || !b->next || !b->previous || !b->heap)
        return err_fail("out of memory (a word of %zu bytes)", n);
    b->capacity = capacity;
    return OK;
}

static void heap_push(struct bpe *b, uint64_t pair)
{
    size_t i = b->heap_count++;
    for (size_t parent; i && b->heap[parent = (i - 1) / 2] > pair; i = parent)
        b->heap[i] = b->heap[parent];
    b->heap[i] = pair;
}

static uint64_t heap_pop(struct bpe *b)
{
    uint64_t least = b->heap[0], last = b->heap[--b->heap_count];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < b->heap_count; i = child) {
        if (child + 1 < b->heap_count && b->heap[child + 1] < b->heap[child])
            child++;
        if (b->heap[child] >= last)
            break;
        b->heap[i] = b->heap[child];
    }
    b->heap[i] = last;
    return least;
}

static uint32_t product(const struct bpe *b, const struct vocabulary *v, uint32_t left, size_t n)
{
    uint32_t right = b->next[left];
    return b->id[left] != GONE && right < n ? vocabulary_merge(v, b->id[left], b->id[right]) : 0;
}

static void offer(struct bpe *b, const struct vocabulary *v, uint32_t left, size_t n)
{
    uint64_t id = product(b, v, left, n);
    if (id)
        heap_push(b, id << 32 | left);
}

struct err bpe_merge(struct bpe *b, const struct vocabulary *v, const char *word, size_t n)
{
    TRY(reserve(b, n));
    b->heap_count = 0;
    for (uint32_t i = 0; i < n; i++) {
        b->id[i] = (uint16_t)(v->symbol[(unsigned char)word[i]] + (i + 1 == n ? VOCABULARY_SYMBOLS : 0));
        b->next[i] = i + 1;
        b->previous[i] = i - 1;
    }
    for (uint32_t i = 0; i < n; i++)
        offer(b, v, i, n);
    while (b->heap_count) {
        uint64_t pair = heap_pop(b);
        uint32_t left = (uint32_t)pair, id = (uint32_t)(pair >> 32), right = b->next[left];
        if (product(b, v, left, n) != id) /* one of the two has merged with another since */
            continue;
        b->id[left] = (uint16_t)id;
        b->id[right] = GONE;
        b->next[left] = b->next[right];
        if (b->next[left] < n)
            b->previous[b->next[left]] = left;
        offer(b, v, left, n);
        if (left)
            offer(b, v, b->previous[left], n);
    }
    return OK;
}

void bpe_free(struct bpe *b)
{
    free(b->id);
    free(b->next);
    free(b->previous);
    free(b->heap);
    *b = (struct bpe){0};
}
