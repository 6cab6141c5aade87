/* Byte-pair encoding of one word: as long as neighbours merge, the pair of the earliest merge does, leftmost first. */
#ifndef SDBENCH_TEXT_BPE_H
#define SDBENCH_TEXT_BPE_H

#include "pipeline/text/vocabulary.h"

/* Room to work in, kept from word to word. */
struct bpe {
    uint16_t *id;              /* of the piece that begins at byte i */
    uint32_t *next, *previous; /* where its neighbours begin; `next` is the word's length after the last */
    uint64_t *heap;            /* pairs that merge: product << 32 | where the left one begins */
    size_t heap_count, capacity;
};

/* Afterwards the pieces of the word begin at i = 0, next[i], next[next[i]] and so on. n is at least 1. */
struct err bpe_merge(struct bpe *b, const struct vocabulary *v, const char *word, size_t n);
void bpe_free(struct bpe *b);

#endif
